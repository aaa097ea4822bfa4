// A row of photographs to choose from, and the nearest ones to it by several methods.
explorables.photo_neighbours = (stage, data, { make, number, photo, status, unpack }) => {
  const { camera, columns, methods, names } = data;
  const near = unpack(data.near);
  const cosines = unpack(data.cosines);
  const [, n, k] = near.shape;
  const group = `photo-neighbours-${Math.random()}`;
  const seen = new Set();
  let chosen = 0;

  const place = (method, asked, rank) => (method * n + asked) * k + rank;
  const isRight = (at, asked) => camera[near[at]] === camera[asked];
  const found = (method, asked) => isRight(place(method, asked, 0), asked);

  const rows = methods.map((name) => {
    const tally = make("span", { className: "photo-neighbours-tally" });
    const list = make("ol", { className: "photo-neighbours-found" });
    const title = make("p", {}, make("strong", {}, name), make("br"), tally);
    return { list, tally, root: make("div", { className: "photo-neighbours-row" }, title, list) };
  });
  const said = status();

  const show = () => {
    const name = names[camera[chosen]];
    rows.forEach(({ list, tally }, method) => {
      const right = [...seen].filter((asked) => found(method, asked)).length;
      tally.textContent = `first place right: ${right} of ${seen.size}`;
      list.replaceChildren(
        ...Array.from({ length: k }, (_, rank) => {
          const at = place(method, chosen, rank);
          const right = isRight(at, chosen);
          const label = `${names[camera[near[at]]]}, ${right ? "the same camera" : "another camera"}`;
          return make(
            "li",
            { className: right ? "right" : "" },
            photo(near[at], columns, label),
            `${right ? "\u2713" : "\u2717"} ${number(cosines[at] / 100)}`,
          );
        }),
      );
    });
    const by = methods.filter((_, method) => found(method, chosen));
    said.textContent = `A frame of ${name}: found in first place by ${by.join(", ") || "none"}.`;
  };

  const asked = Array.from({ length: n }, (_, at) => {
    const input = photo(at, columns, names[camera[at]], "input", { type: "radio", name: group });
    input.onchange = () => {
      chosen = at;
      seen.add(at);
      show();
    };
    return input;
  });
  asked[0].checked = true;
  seen.add(0);
  const all = make("button", { type: "button" }, `Ask with all ${n}`);
  all.onclick = () => {
    asked.forEach((_, at) => seen.add(at));
    show();
    said.textContent = rows.map(({ tally }, m) => `${methods[m]}: ${tally.textContent}.`).join(" ");
  };
  const choices = make("div", { className: "photo-neighbours-asked" }, ...asked);
  choices.setAttribute("role", "radiogroup");
  choices.setAttribute("aria-label", "Photograph to ask with");
  stage.append(choices, ...rows.map((row) => row.root), make("p", {}, all), said);
  show();
};
