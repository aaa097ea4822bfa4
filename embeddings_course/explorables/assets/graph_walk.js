// A walk over a graph, as `walk_graph` in Python takes it, and its picture after each step.
explorables.graph_walk = (stage, data, { make, draw, unpack, number, status }) => {
  const { names, queries, most } = data;
  const [scores, links, at, nearest] = ["scores", "links", "at", "nearest"].map((of) => unpack(data[of]));
  const n = names.length;
  const k = nearest.shape[1];
  if (scores.length !== n * queries.length || at.length !== 2 * (n + queries.length)) throw Error();
  const place = (i) => [480, 380].map((size, axis) => 14 + (at[2 * i + axis] / 65535) * (size - 28));
  const row = (array, i) => [...array.subarray(i * array.shape[1], (i + 1) * array.shape[1])];
  const lines = (from, to) => to.map((other) => `M${place(from)}L${place(other)}`).join("");
  const disc = (r) => `M-${r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0-${2 * r} 0`;
  // Later ones are drawn on top.
  const SHAPES = {
    unseen: [disc(3), "not compared"],
    left: [disc(4), "compared, not among the best"],
    waiting: ["M0-7L7 0L0 7L-7 0Z", "still to visit"],
    visited: ["M-5-5H5V5H-5Z", "visited"],
    wanted: [disc(10), `one of the true ${k} nearest`],
    query: ["M0-11L3-3L11-3L5 2L7 10L0 5L-7 10L-5 2L-11-3L-3-3Z", "the query"],
  };
  const kinds = Object.keys(SHAPES);
  const mark = (kind, i) =>
    draw("path", {
      d: SHAPES[kind][0],
      class: `graph-walk-${kind}`,
      transform: i < 0 ? "" : `translate(${place(i)})`,
    });

  // Of equal scores, Python's heaps give the lower number first, and keep the higher one.
  const walk = (score, ef) => {
    const state = names.map((_, i) => (i ? "unseen" : "waiting"));
    const best = [0];
    const waiting = [0];
    const sorted = (items, sign) => items.sort((a, b) => score[b] - score[a] || sign * (a - b));
    const worst = () => score[sorted(best, -1).at(-1)];
    const steps = [];
    let [seen, path] = [1, ""];
    const note = (item, fresh) =>
      steps.push({ item, fresh, seen, path, state: [...state], best: [...sorted(best, -1)] });
    const parent = [];
    note(-1, []);
    while (waiting.length) {
      const item = sorted(waiting, 1).shift();
      if (best.length === ef && score[item] < worst()) break;
      state[item] = "visited";
      if (item) path += lines(parent[item], [item]);
      const fresh = [...new Set(row(links, item))].filter((to) => state[to] === "unseen");
      for (const to of fresh) {
        seen++;
        parent[to] = item;
        const fits = best.length < ef || score[to] > worst();
        state[to] = fits ? "waiting" : "left";
        if (!fits) continue;
        waiting.push(to);
        best.push(to);
        if (sorted(best, -1).length > ef) best.pop();
      }
      note(item, fresh);
    }
    return steps;
  };

  const slider = (text, min, max) => {
    const range = make("input", { type: "range", min, max, value: min });
    const shown = make("b", {});
    return { range, shown, row: make("span", {}, make("label", {}, text, range), shown) };
  };
  const choice = make("select", {}, ...queries.map((name, value) => make("option", { value }, name)));
  const knob = slider("ef", 1, most);
  const time = slider("Step", 0, 0);
  const next = make("button", { type: "button" }, "Next step");
  const said = status();
  const picture = draw("svg", { viewBox: "0 0 480 380", role: "img", "aria-label": `Graph of ${n} items` });
  const all = draw("path", { class: "graph-walk-links", d: names.map((_, i) => lines(i, row(links, i))).join("") });
  const list = make("ol", {});
  const legend = kinds.map((kind) =>
    make("li", {}, draw("svg", { viewBox: "-12 -12 24 24", "aria-hidden": true }, mark(kind, -1)), SHAPES[kind][1]),
  );

  let steps;
  const show = () => {
    const query = Number(choice.value);
    const score = row(scores, query);
    const wanted = row(nearest, query);
    const end = steps.length - 1;
    const { item, fresh, seen, path, state, best } = steps[time.range.value];
    const found = best.slice(0, k);
    const right = found.filter((i) => wanted.includes(i)).length;
    knob.shown.textContent = knob.range.value;
    time.shown.textContent = `${time.range.value} of ${end}`;
    next.disabled = Number(time.range.value) === end;
    picture.replaceChildren(
      all,
      draw("path", { class: "graph-walk-fresh", d: lines(item, fresh) }),
      draw("path", { class: "graph-walk-path", d: path }),
      ...kinds.flatMap((kind) => names.flatMap((_, i) => (state[i] === kind ? [mark(kind, i)] : []))),
      ...wanted.map((i) => mark("wanted", i)),
      mark("query", n + query),
    );
    list.replaceChildren(
      ...found.map((i) => make("li", {}, `${names[i]}, ${number(score[i])}${wanted.includes(i) ? " \u2713" : ""}`)),
    );
    said.textContent = [
      item < 0 ? `The walk begins at ${names[0]}.` : `Visited ${names[item]}, compared ${fresh.length} new.`,
      next.disabled ? `The end: nothing left to visit is better than the worst of the best ${knob.range.value}.` : "",
      `Compared so far: ${seen} of ${n}. Found: ${right} of the true ${k} nearest.`,
    ].join(" ");
  };
  const search = (toEnd) => {
    steps = walk(row(scores, Number(choice.value)), Number(knob.range.value));
    time.range.max = steps.length - 1;
    time.range.value = toEnd ? steps.length - 1 : 0;
    show();
  };
  choice.onchange = knob.range.oninput = search;
  time.range.oninput = show;
  next.onclick = () => {
    time.range.value++;
    time.range.dispatchEvent(new Event("input", { bubbles: true }));
  };
  knob.range.value = k;
  search(false);
  stage.append(
    make("div", { className: "explorable-row" }, make("label", {}, "Query", choice), knob.row, time.row, next),
    said,
    make(
      "div",
      { className: "graph-walk" },
      picture,
      make("div", {}, make("ul", {}, ...legend), `The best so far, with cosines (\u2713 true):`, list),
    ),
  );
};
