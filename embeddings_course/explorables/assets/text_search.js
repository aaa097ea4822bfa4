// A question, and the passages that searches find for it: typed and ranked here, or prepared.

explorables.text_search = (stage, data, { make, unpack, number, status }) => {
  const { names, lines, texts, examples, searches } = data;
  const said = status();
  const div = (className, ...inner) => make("div", { className }, ...inner);
  const board = div("text-search-lists");
  const ask = (text, input) =>
    stage.append(make("label", { className: "text-search-ask" }, text, input));

  // Words as Python's WORD finds them.
  const split = (text) =>
    (text.toLowerCase().match(/[a-z0-9_]+/g) ?? []).filter((run) => /^[a-z]./.test(run));

  // The surroundings of the word that counts the most, with such words marked.
  const piece = (text, words) => {
    const all = text.split(" ");
    const at = all.findIndex((word) => split(word).includes(words[0]));
    const from = Math.max(0, Math.min(at - 6, all.length - 22));
    const some = all.slice(from, from + 22).join(" ");
    return `${from ? "… " : ""}${some}${from + 22 < all.length ? " …" : ""}`
      .split(/([a-z0-9_]+)/i)
      .map((part) => (words.includes(part.toLowerCase()) ? make("mark", {}, part) : part));
  };

  // lists: of each search the passages found, as [passage, score, shared words]; or why none is.
  const show = (lists, right) =>
    board.replaceChildren(
      ...lists.map((found, i) => {
        const name = make("p", { className: "text-search-name" }, searches[i]);
        if (typeof found === "string") return div("", name, make("p", {}, found));
        const hits = found.map(([passage, score, shared]) => {
          const tick = right.includes(passage) ? [make("i", {}, "✓ answers")] : [];
          const points = make("span", {}, number(score, 3));
          return make(
            "li",
            {},
            div("text-search-head", make("b", {}, names[passage]), ...tick, points),
            lines[passage],
            div("text-search-text", ...piece(texts[passage], shared)),
          );
        });
        return div("", name, make("ol", { ariaLabel: searches[i] }, ...hits));
      }),
    );
  const noPassage = "Nothing: no passage has any of these words.";

  if (!data.rows) {
    const choice = make("select");
    for (const kind of new Set(examples.map((each) => each[1]))) {
      const group = make("optgroup", { label: kind });
      examples.forEach(([text, of], value) => {
        if (of === kind) group.append(make("option", { value }, text));
      });
      choice.append(group);
    }
    choice.onchange = () => {
      const [, , right, lists] = examples[choice.value];
      show(
        lists.map((found) => (found.length ? found : noPassage)),
        right,
      );
      const ticks = lists.map(
        (found, i) => `${searches[i]}: ${found.filter(([n]) => right.includes(n)).length}`,
      );
      said.textContent = `Entries known to answer, of those shown: ${ticks.join(", ")}.`;
    };
    ask("A question", choice);
    stage.append(said, board);
    choice.onchange();
    return;
  }

  const [rows, scales, vectors] = [data.rows, data.scales, data.vectors].map(unpack);
  const dim = rows.shape[1];
  const place = new Map(data.words.split(" ").map((word, i) => [word, i]));
  const unit = (vector) => {
    const length = Math.hypot(...vector) || 1;
    return Array.from(vector, (value) => value / length);
  };
  const units = names.map((_, n) => unit(vectors.subarray(n * dim, (n + 1) * dim)));
  const foundIn = new Map();
  const add = (counts, word) => counts.set(word, (counts.get(word) ?? 0) + 1);
  let mean = 0;
  const passages = texts.map((text) => {
    const counts = new Map();
    const { length } = split(text).map((word) => add(counts, word));
    for (const word of counts.keys()) add(foundIn, word);
    mean += length / texts.length;
    return { counts, length };
  });
  const idf = (word) => {
    const n = foundIn.get(word) ?? 0;
    return Math.log(1 + (names.length - n + 0.5) / (n + 0.5));
  };

  const byWords = (words) =>
    passages.map(({ counts, length }) => {
      const damping = data.k1 * (1 - data.b + (data.b * length) / mean);
      return words.reduce((sum, word) => {
        const times = counts.get(word) ?? 0;
        return sum + (idf(word) * times * (data.k1 + 1)) / (times + damping || 1);
      }, 0);
    });
  const byVectors = (words) => {
    const sum = new Float64Array(dim);
    for (const at of words.map((word) => place.get(word)))
      for (let i = 0; i < dim; i++) sum[i] += rows[at * dim + i] * scales[at];
    const asked = unit(sum);
    return units.map((vector) => vector.reduce((dot, value, i) => dot + value * asked[i], 0));
  };

  const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
  const unknown = (what, words) => {
    const some = [...new Set(words)].map((w) => (w.length > 24 ? `${w.slice(0, 24)}…` : w));
    const more = some.length > 8 ? " and others" : "";
    return some.length ? `${what}: ${some.slice(0, 8).join(", ")}${more}. ` : "";
  };
  input.oninput = () => {
    const words = split(input.value);
    const telling = [...new Set(words)].sort((a, b) => idf(b) - idf(a));
    const found = (known, score, none) =>
      words.some((word) => known.has(word))
        ? score(words.filter((word) => known.has(word)))
            .map((points, n) => [n, points])
            .sort((a, b) => b[1] - a[1])
            .slice(0, 5)
            .filter(([, points]) => points > 0)
            .map(([n, points]) => [
              n,
              points,
              telling.filter((word) => passages[n].counts.has(word)).slice(0, 5),
            ])
        : words.length
          ? none
          : "There is no word in the question.";
    show(
      [
        found(foundIn, byWords, noPassage),
        found(place, byVectors, "Nothing: the table of this page has none of these words."),
      ],
      examples.find(([text]) => text === input.value.trim())?.[2] ?? [],
    );
    const without = (known) => words.filter((word) => !known.has(word));
    said.textContent =
      unknown("No passage has", without(foundIn)) +
      unknown("The encoder's table on this page has no", without(place));
  };

  const asked = examples.map(([text, kind]) => {
    const onclick = () => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    return make("button", { type: "button", onclick }, make("small", {}, `${kind}: `), text);
  });
  const row = { className: "explorable-row", role: "group", ariaLabel: "Questions to try" };
  ask("Your question", input);
  stage.append(make("div", row, ...asked), said, board);
  input.value = examples[0][0];
  input.oninput();
};
