// Nearest words of one word, or of b − a + c, for several kinds of vectors side by side.

explorables.word_vectors = (stage, data, { make, unpack, number, status }) => {
  const { words, kinds, examples, shown } = data;
  const ids = new Map(words.map((word, i) => [word, i]));
  const signs = examples[0].length === 1 ? [1] : [1, -1, 1];
  const labels = signs.length === 1 ? ["Word"] : ["b", "\u2212 a", "+ c"];
  const tables = kinds.map(({ name, vectors }) => {
    const rows = unpack(vectors);
    const [n, dim] = rows.shape;
    if (n !== words.length) throw Error();
    const of = (i) => rows.subarray(i * dim, (i + 1) * dim);
    const norms = Float64Array.from(words, (_, i) => Math.hypot(...of(i)));
    return { name, dim, of, norms, list: make("ol") };
  });

  // The cosine of every word with what is asked.
  const cosines = ({ dim, of, norms }, asked) => {
    const query = new Float64Array(dim);
    asked.forEach((id, term) =>
      of(id).forEach((value, d) => (query[d] += (signs[term] * value) / norms[id])),
    );
    const length = Math.hypot(...query) || 1;
    return words.map(
      (_, i) => of(i).reduce((sum, value, d) => sum + value * query[d], 0) / norms[i] / length,
    );
  };

  // How many letters must change, come or go.
  const distance = (a, b) => {
    let row = [...b, ""].map((_, j) => j);
    for (let i = 0; i < a.length; i++) {
      const next = [i + 1];
      for (let j = 0; j < b.length; j++) {
        next.push(Math.min(row[j] + (a[i] !== b[j]), row[j + 1] + 1, next[j] + 1));
      }
      row = next;
    }
    return row[b.length];
  };

  const said = status();
  const close = make("div", { className: "explorable-row", hidden: true });
  const heading = make("p", { className: "word-vectors-heading" });
  const typed = (field) => field.value.trim().toLowerCase();
  const set = (values) => {
    fields.forEach((field, i) => (field.value = values[i]));
    fields[0].dispatchEvent(new Event("input", { bubbles: true }));
  };
  const button = (word, onclick, text = word) =>
    make("button", { type: "button", onclick }, text);

  const unknown = (field) => {
    const text = typed(field);
    said.textContent = text
      ? `\u201c${text}\u201d is not among these ${words.length} words. Spelled nearly like it:`
      : `Type one of these ${words.length} words.`;
    const near = text ? words.map((word) => [distance(text, word), word]) : [];
    near.sort((one, other) => one[0] - other[0]); // equal ones stay in order: frequent words first
    close.replaceChildren(
      ...near.slice(0, 3).map(([, word]) =>
        button(word, () => {
          set(fields.map((each) => (each === field ? word : each.value)));
          field.focus();
        }),
      ),
    );
  };

  const show = () => {
    const asked = fields.map((field) => ids.get(typed(field)));
    const missing = asked.indexOf(undefined);
    close.hidden = missing < 0;
    fields.forEach((field, i) => field.setAttribute("aria-invalid", asked[i] === undefined));
    if (missing >= 0) return unknown(fields[missing]);
    const example = examples.find((each) => asked.every((id, i) => each[i] === id));
    buttons.forEach((each, i) => each.setAttribute("aria-pressed", examples[i] === example));
    const question = asked.map((id) => words[id]);
    heading.textContent =
      `Nearest to ${question.length > 1 ? `${question[0]} \u2212 ${question[1]} + ${question[2]}` : question[0]}`;
    const found = tables.map((table) => {
      const cosine = cosines(table, asked);
      let order = words.map((_, i) => i);
      if (!leave || leave.checked) order = order.filter((i) => !asked.includes(i));
      order.sort((i, j) => cosine[j] - cosine[i]);
      return { cosine, order, top: order.slice(0, shown) };
    });
    const both = found[0].top.filter((i) => found.every(({ top }) => top.includes(i)));
    tables.forEach(({ list }, n) => {
      const { cosine, top } = found[n];
      list.replaceChildren(
        ...top.map((i) => {
          const name = leave ? make("span", {}, words[i]) : button(words[i], () => set([words[i]]));
          const item = make("li", { className: both.includes(i) ? "word-vectors-both" : "" }, name);
          item.append(make("span", {}, number(cosine[i])));
          item.style.setProperty("--part", `${Math.max(0, 100 * cosine[i])}%`);
          return item;
        }),
      );
    });
    const each = (text) => tables.map(({ name }, n) => `${text(found[n])} (${name})`).join(", ");
    said.textContent = leave
      ? example
        ? `The riddle\u2019s answer is ${words[example[3]]}. Its place: ${each(({ order }) => order.indexOf(example[3]) + 1)}.`
        : `In the first place: ${each(({ top }) => words[top[0]])}.`
      : `In both lists, and in bold: ${both.length} of ${shown}.`;
  };

  const complete = make("datalist", {
    id: `word-vectors-${document.querySelectorAll("datalist").length}`,
  });
  const fields = labels.map(() =>
    make("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: false }),
  );
  fields.forEach((field, i) => {
    field.setAttribute("list", complete.id);
    field.value = words[examples[0][i]];
    field.addEventListener("input", () => {
      const begun = words.filter((word) => word.startsWith(typed(field))).slice(0, 20);
      complete.replaceChildren(...begun.map((value) => make("option", { value })));
      show();
    });
  });
  const leave = signs.length > 1 && make("input", { type: "checkbox", checked: true });
  if (leave) leave.addEventListener("change", show);
  const buttons = examples.map((example) => {
    const [b, a, c] = example.map((id) => words[id]);
    return button(b, () => set([b, a, c]), signs.length > 1 ? `${a} : ${b} = ${c} : ?` : b);
  });
  stage.append(
    make("div", { className: "explorable-row" }, ...buttons),
    make("div", { className: "explorable-row word-vectors-asked" },
      ...fields.map((field, i) => make("label", {}, labels[i], " ", field)),
      ...(leave ? [make("label", {}, leave, " leave out the question\u2019s words")] : [])),
    complete, said, close, heading,
    make("div", { className: "word-vectors-lists" },
      ...tables.map(({ name, list }) => {
        list.setAttribute("aria-label", name);
        return make("div", {}, make("p", {}, name), list);
      })),
  );
  show();
};
