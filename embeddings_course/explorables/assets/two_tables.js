// Two tables whose axes turn and stretch: u by A, v by A's transposed inverse. Points are drawn where
// they are, with the axes turned; what stands in the tables are the coordinates along these axes.

explorables.two_tables = (stage, data, { make, draw, number, status }) => {
  const { names, contexts, real, made_up: madeUp } = data;
  if (data.u.length !== names.length || data.v.length !== contexts.length) throw Error();
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1];
  const cosine = (a, b) => dot(a, b) / Math.hypot(...a) / Math.hypot(...b);
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const axes = (turn) => [
    [Math.cos(turn), Math.sin(turn)],
    [-Math.sin(turn), Math.cos(turn)],
  ];
  const along = (rows, [x, y], stretch) => rows.map((row) => [dot(row, x) * stretch, dot(row, y)]);

  const slider = (min, max, step, value) => make("input", { type: "range", min, max, step, value });
  const angle = slider(0, 355, 5, 0);
  const stretch = slider(1, 10, 0.5, 1);
  const choose = (texts, at) => {
    const list = make("select", {}, ...texts.map((text, value) => make("option", { value }, text)));
    list.value = at;
    return list;
  };
  const one = choose(names, 0);
  const other = choose(names, 1);
  const context = choose(contexts, 0);
  const [angleText, stretchText] = [make("span"), make("span")];
  const body = make("tbody");
  const said = status();
  const pictures = ["Words, u", "Contexts, v"].map((title) => {
    const picture = draw("svg", { viewBox: "-130 -130 260 260", "aria-hidden": "true" });
    return { picture, box: make("div", {}, make("p", {}, title), picture) };
  });

  // Arrows from the middle, with names that keep apart.
  const paint = (picture, rows, texts, marked, [x, y]) => {
    const scale = 85 / Math.max(...rows.map((row) => Math.hypot(...row)));
    const line = (end, from, attributes) =>
      draw("line", { x1: from[0], y1: -from[1], x2: end[0], y2: -end[1], ...attributes });
    const shown = [x, y].map((axis, i) => {
      const end = axis.map((part) => 118 * part);
      return line(end, end.map((part) => -part), { class: `two-tables-axis two-tables-axis-${i}` });
    });
    const ends = rows.map((row) => x.map((_, d) => scale * (row[0] * x[d] + row[1] * y[d])));
    for (const right of [true, false]) {
      let last = -Infinity;
      ends
        .map((end, i) => [end, i])
        .filter(([end]) => end[0] >= 0 === right)
        .sort(([a], [b]) => b[1] - a[1])
        .forEach(([end, i]) => {
          const className = `two-tables-arrow ${marked.includes(i) ? `two-tables-${marked.indexOf(i)}` : ""}`;
          last = Math.max(last + 15, 4 - end[1]);
          const at = { x: end[0] + (right ? 5 : -5), y: last, "text-anchor": right ? "start" : "end" };
          shown.push(line(end, [0, 0], { class: className }), draw("text", at, texts[i]));
        });
    }
    picture.replaceChildren(...shown);
  };

  const measure = (turn, factor) => {
    const to = axes(turn);
    const u = along(data.u, to, factor);
    const v = along(data.v, to, 1 / factor);
    const [i, j, k] = [one, other, context].map((list) => Number(list.value));
    let loss = 0;
    u.forEach((row, a) =>
      v.forEach((column, b) => {
        const score = dot(row, column);
        loss += real[a][b] * softplus(-score) + madeUp[a][b] * softplus(score);
      }),
    );
    const told = [
      ["loss", loss],
      [`score of ${names[i]} with ${contexts[k]}`, dot(u[i], v[k])],
      [`first number of ${names[i]}`, u[i][0]],
      [`cosine of ${names[i]} and ${names[j]}`, cosine(u[i], u[j])],
    ];
    return { u, v, to, marked: [i, j], k, told };
  };

  const show = () => {
    const turn = (angle.value * Math.PI) / 180;
    const before = measure(0, 1);
    const now = measure(turn, Number(stretch.value));
    angleText.textContent = `${angle.value}\u00b0`;
    stretchText.textContent = `${stretch.value} to 1`;
    paint(pictures[0].picture, now.u, names, now.marked, now.to);
    paint(pictures[1].picture, now.v, contexts, [now.k], now.to);
    const changed = [];
    body.replaceChildren(
      ...now.told.map(([name, value], i) => {
        const texts = [before.told[i][1], value].map((each) => number(each));
        if (texts[0] !== texts[1]) changed.push(name);
        return make("tr", {}, Object.assign(make("th", {}, name), { scope: "row" }),
          ...texts.map((text) => make("td", {}, text)));
      }),
    );
    said.textContent = changed.length
      ? `Changed: ${changed.join("; ")}. All else stays.`
      : "All is as it was trained.";
  };

  // The picture is a dial, too.
  for (const { picture } of pictures) {
    let last;
    const at = ({ clientX, clientY }) => {
      const box = picture.getBoundingClientRect();
      return Math.atan2(box.top + box.height / 2 - clientY, clientX - box.left - box.width / 2);
    };
    picture.addEventListener("pointerdown", (event) => {
      picture.setPointerCapture(event.pointerId);
      last = at(event) - (angle.value * Math.PI) / 180;
    });
    picture.addEventListener("pointermove", (event) => {
      if (!event.buttons) return;
      angle.value = (((((at(event) - last) * 180) / Math.PI) % 360) + 360) % 360;
      angle.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  for (const input of [angle, stretch, one, other, context]) input.addEventListener("input", show);
  const label = (text, ...inner) => make("label", {}, text, " ", ...inner);
  const heads = ["as trained", "now"].map((text) => Object.assign(make("th", {}, text), { scope: "col" }));
  stage.append(
    make("div", { className: "explorable-row" },
      make("div", {}, label("Turn the axes", angle), " ", angleText),
      make("div", {}, label("Stretch the first", stretch), " ", stretchText)),
    said,
    make("table", {}, make("thead", {}, make("tr", {}, make("td"), ...heads)), body),
    make("div", { className: "two-tables-pictures" }, ...pictures.map(({ box }) => box)),
    make("div", { className: "explorable-row" },
      label("Word", one), label("with the word", other), label("and the context", context)),
  );
  show();
};
