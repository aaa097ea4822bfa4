// An embedding layer: look rows up, see the product, take steps of training. train_rows in
// lookup_steps.py computes the same.

explorables.lookup_steps = (stage, data, { make, number, status }) => {
  const chosen = new Set(data.chosen);
  let last = data.chosen[0];
  let optimiser = data.optimisers[0];
  let weights, mean, square, steps, moves;

  const list = (rows) => rows.join(", ") || "none";
  const reset = () => {
    weights = data.weights.map((row) => [...row]);
    [mean, square] = [0, 0].map(() => weights.map((row) => row.map(() => 0)));
    moves = weights.map(() => 0);
    steps = 0;
    log.replaceChildren();
    said.textContent = "Nothing is trained yet.";
    show();
  };
  const step = () => {
    steps += 1;
    const adam = optimiser.endsWith("Adam");
    weights = weights.map((row, i) => {
      const asked = chosen.has(i);
      if (optimiser === "SparseAdam" && !asked) return row;
      return row.map((weight, d) => {
        const gradient = asked ? 2 * weight : 0;
        let by = gradient;
        if (adam) {
          mean[i][d] = 0.9 * mean[i][d] + 0.1 * gradient;
          square[i][d] = 0.999 * square[i][d] + 0.001 * gradient ** 2;
          const size = Math.sqrt(square[i][d] / (1 - 0.999 ** steps)) + 1e-8;
          by = mean[i][d] / (1 - 0.9 ** steps) / size;
        } else if (optimiser === "SGD with momentum") {
          by = mean[i][d] = 0.9 * mean[i][d] + gradient;
        } else if (optimiser === "SGD with weight decay") {
          by += 0.1 * weight;
        }
        moves[i] = d ? Math.hypot(moves[i], 0.1 * by) : Math.abs(0.1 * by);
        return weight - 0.1 * by;
      });
    });
    if (optimiser === "SparseAdam") moves = moves.map((by, i) => (chosen.has(i) ? by : 0));
    const asked = [...chosen].sort((a, b) => a - b);
    const moved = moves.flatMap((by, i) => (by ? [i] : []));
    const unasked = moved.filter((i) => !chosen.has(i));
    log.append(cells("td", [steps, list(asked), list(moved)]));
    said.textContent =
      `Step ${steps} looked up ${list(asked)} and moved ${list(moved)}. ` +
      `Moved without being looked up: ${list(unasked)}.`;
    show();
  };

  const cells = (tag, texts) => make("tr", {}, ...texts.map((text) => make(tag, {}, `${text}`)));
  const said = status();
  const log = make("tbody");
  const product = make("p", { className: "lookup-steps-product" });
  const numbers = data.weights.map((row) => [...row, 0].map(() => make("td")));
  const ids = data.weights.map((_, i) =>
    make("button", {
      type: "button",
      onclick() {
        if (chosen.delete(i)) [last] = chosen;
        else chosen.add((last = i));
        show();
      },
    }, `${i}`),
  );
  ids.forEach((id, i) => id.setAttribute("aria-label", `Look up ${i}`));
  const rows = numbers.map((row, i) => make("tr", {}, make("td", {}, ids[i]), ...row));
  const show = () => {
    rows.forEach((row, i) => {
      ids[i].setAttribute("aria-pressed", chosen.has(i));
      row.classList.toggle("lookup-steps-asked", chosen.has(i));
      row.classList.toggle("lookup-steps-moved", moves[i] > 0);
      [...weights[i], moves[i]].forEach((value, d) => (numbers[i][d].textContent = number(value)));
    });
    const hot = weights.map((_, i) => Number(i === last));
    product.textContent = chosen.size
      ? `[${hot.join(" ")}] W = [${weights[last].map((value) => number(value)).join(", ")}], row ${last} of W`
      : "Choose a row to look up.";
  };

  const name = `lookup-steps-${document.querySelectorAll("input").length}`;
  const radios = data.optimisers.map((value) =>
    make("label", {}, make("input", {
      type: "radio", name, value, checked: value === optimiser,
      oninput() {
        optimiser = value;
        reset();
      },
    }), ` ${value}`),
  );
  const head = (texts) => make("thead", {}, cells("th", texts));
  const heads = head(["Id", "W", "Moved by"]);
  heads.querySelectorAll("th")[1].colSpan = data.weights[0].length;
  stage.append(
    make("table", { className: "lookup-steps-table" },
      heads, make("tbody", {}, ...rows)),
    product,
    make("fieldset", {}, make("legend", {}, "Optimiser"), ...radios),
    make("div", { className: "explorable-row" },
      make("button", { type: "button", onclick: step }, "Take a step"),
      make("button", { type: "button", onclick: reset }, "Start again")),
    said,
    make("table", {}, head(["Step", "Looked up", "Moved"]), log),
  );
  reset();
};
