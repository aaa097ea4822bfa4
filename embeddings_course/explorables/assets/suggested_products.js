// Products to tick, and what a factor model and popularity suggest to whoever picks these.
explorables.suggested_products = (stage, data, { make, number, status, unpack }) => {
  const { families, family, offered, popularity, products, scale } = data;
  const vectors = unpack(data.vectors);
  const [n, dim] = vectors.shape;
  const PLACES = 10;
  const said = status();
  const name = (product) => `${products[product]} ${families[family[product]]}`;

  // The sum of the vectors of what is ticked, times each product's vector.
  const scores = (ticked) => {
    const sum = Array.from({ length: dim }, (_, d) =>
      ticked.reduce((total, product) => total + vectors[product * dim + d], 0),
    );
    return Array.from({ length: n }, (_, product) =>
      sum.reduce((total, value, d) => total + value * vectors[product * dim + d], 0),
    );
  };
  const first = (of, ticked) =>
    Array.from({ length: n }, (_, product) => product)
      .filter((product) => !ticked.includes(product))
      .sort((a, b) => of[b] - of[a] || a - b)
      .slice(0, PLACES);

  const boxes = offered.map((product) => make("input", { type: "checkbox", value: product }));
  const columns = ["PureSVD", "Popularity"].map((title) => {
    const list = make("ol", {});
    const count = make("p", {});
    return { title, list, count, root: make("div", {}, make("p", {}, make("strong", {}, title)), list, count) };
  });

  const show = () => {
    const ticked = boxes.filter((box) => box.checked).map((box) => Number(box.value));
    const picked = new Set(ticked.map((product) => family[product]));
    const svd = scores(ticked);
    const written = [(product) => number(svd[product] * scale), (product) => `${popularity[product]}`];
    const counts = [svd, popularity].map((of, column) => {
      const found = ticked.length || column ? first(of, ticked) : [];
      const { list, count } = columns[column];
      list.replaceChildren(
        ...found.map((product) => {
          const fits = picked.has(family[product]);
          const mark = make("span", { className: "suggested-products-mark" }, fits ? "\u2713" : "");
          const score = make("small", {}, written[column](product));
          return make("li", { className: fits ? "fits" : "" }, mark, ` ${name(product)} `, score);
        }),
      );
      const fitting = found.filter((product) => picked.has(family[product])).length;
      const text = `${fitting} of ${found.length} from the families of your picks`;
      count.textContent = found.length ? text : "Nothing is picked, so every score is zero.";
      return fitting;
    });
    said.textContent = `${ticked.length} picked. From their families: ${counts[0]} by PureSVD, ${counts[1]} by popularity.`;
  };

  boxes.forEach((box, place) => {
    box.checked = data.start.includes(offered[place]);
    box.onchange = show;
  });
  const clear = make("button", { type: "button" }, "Pick nothing");
  clear.onclick = () => {
    boxes.forEach((box) => (box.checked = false));
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
  };
  stage.append(
    make(
      "fieldset",
      { className: "suggested-products-offered" },
      make("legend", {}, "You pick"),
      ...boxes.map((box, place) => make("label", {}, box, ` ${name(offered[place])}`)),
    ),
    make("p", {}, clear),
    make("div", { className: "suggested-products-both" }, ...columns.map((column) => column.root)),
    said,
  );
  show();
};
