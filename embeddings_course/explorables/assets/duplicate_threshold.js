// A threshold, what it does to an archive, and the pairs next to it.
explorables.duplicate_threshold = (stage, data, { draw, make, photo, status }) => {
  const { columns, pairs, rows } = data;
  const WIDTH = 360;
  const HEIGHT = 130;
  const group = `duplicate-threshold-${Math.random()}`;
  const sizes = Object.keys(rows[0].precision);
  let size = sizes[0];

  const slider = make("input", { type: "range", min: 0, max: rows.length - 1 });
  slider.value = rows.findIndex((row) => row.threshold === "0.70");
  const value = make("span", { className: "duplicate-threshold-value" });
  const x = (place) => 30 + ((WIDTH - 40) * place) / (rows.length - 1);
  const y = (share) => HEIGHT - 22 - (HEIGHT - 32) * share;
  const line = (name) => draw("polyline", { class: `duplicate-threshold-${name}` });
  const [precision, recall] = [line("precision"), line("recall")];
  const cut = draw("line", { y1: y(0), y2: y(1), class: "duplicate-threshold-cut" });
  const letter = (at, up, text, anchor) =>
    draw("text", { x: at, y: up, "text-anchor": anchor }, text);
  const plot = draw(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", class: "duplicate-threshold-plot" },
    draw("path", { d: `M30 ${y(1)}V${y(0)}H${WIDTH - 10}` }),
    letter(24, y(1) + 5, "1", "end"),
    letter(24, y(0) + 5, "0", "end"),
    letter(30, HEIGHT - 5, rows[0].threshold, "start"),
    letter(WIDTH - 10, HEIGHT - 5, rows.at(-1).threshold, "end"),
    precision,
    recall,
    cut,
  );
  const numbers = make("dl", { className: "duplicate-threshold-numbers" });
  const lists = [0, 1].map(() => make("ul", { className: "duplicate-threshold-pairs" }));
  const said = status();
  const points = (of) => rows.map((row, place) => `${x(place)},${y(of(row))}`).join(" ");

  const card = (pair, reported) => {
    const truth = pair.same ? "copy" : "two photographs";
    const mark = pair.same === reported ? "\u2713" : "\u2717";
    const photos = pair.photos.map((at, i) => photo(at, columns, pair.labels[i]));
    const text = `${mark} ${pair.cosine} ${truth}`;
    return make("li", { className: mark === "\u2713" ? "right" : "" }, ...photos, make("span", {}, text));
  };

  const show = () => {
    const row = rows[slider.value];
    value.textContent = row.threshold;
    slider.setAttribute("aria-valuetext", row.threshold);
    precision.setAttribute("points", points((each) => each.precision[size]));
    recall.setAttribute("points", points((each) => each.recall));
    cut.setAttribute("x1", x(slider.value));
    cut.setAttribute("x2", x(slider.value));
    const told = {
      precision: row.precision[size],
      recall: row.recall,
      "wrong pairs here": row.wrong,
      "pictures kept": `${row.kept} of ${data.pictures}`,
      "photographs lost": `${row.lost} of ${data.photographs}`,
    };
    numbers.replaceChildren(
      ...Object.entries(told).map(([name, text]) =>
        make("div", { className: `duplicate-threshold-${name.split(" ")[0]}` }, make("dt", {}, name), make("dd", {}, text)),
      ),
    );
    const { above } = row;
    const near = [pairs.slice(Math.max(0, above - 3), above), pairs.slice(above, above + 3)];
    lists.forEach((list, i) => list.replaceChildren(...near[i].map((pair) => card(pair, i === 0))));
    said.textContent = `At ${row.threshold}, precision ${told.precision}, recall ${row.recall}; ${row.lost} photographs are lost.`;
  };

  const radios = sizes.map((each) => {
    const input = make("input", { type: "radio", name: group, checked: each === size });
    input.onchange = () => {
      size = each;
      show();
    };
    return make("label", {}, input, ` ${each}`);
  });
  slider.oninput = show;
  const row = (...inner) => make("div", { className: "explorable-row" }, ...inner);
  const archives = row(make("span", {}, "Precision in an archive of"), ...radios);
  archives.setAttribute("role", "radiogroup");
  archives.setAttribute("aria-label", "Pictures in the archive");
  stage.append(
    row(make("label", { className: "duplicate-threshold-slider" }, "Threshold ", slider), value),
    archives,
    make("div", { className: "duplicate-threshold-both" }, plot, numbers),
    make("p", {}, "Reported, next above the threshold:"),
    lists[0],
    make("p", {}, "Left out, next below:"),
    lists[1],
    said,
  );
  show();
};
