// A question, and the passages that searches find for it: typed and ranked here, or prepared.

explorables.text_search = (stage, data, { make, unpack, number, status }) => {
  const { names, lines, texts, examples, searches } = data;
  const said = status();
  const board = make("div", { className: "text-search-lists" });

  // Words as Python's WORD finds them.
  const split = (text) =>
    (text.toLowerCase().match(/[a-z0-9_]+/g) ?? []).filter((run) => /^[a-z]./.test(run));
  // One line as Python's `prose` cleans it.
  const prose = (text) => {
    const line = text.trim();
    const code =
      /^(>>>|\.\. ([\p{L}\p{N}_:-]+::|_[^:]+:|\[[\p{L}\p{N}_]+\]$|\|))|^(arg(ument)?s?|keyword arg(ument)?s|kwargs|inputs?|outputs?|shape|returns?|yields?|raises?|examples?|notes?|warnings?|attributes?|variables|references?|methods|parameters|see also):{1,2}$/iu;
    return code.test(line)
      ? ""
      : line
          .replace(/:math:`+[^`]*`+|\$\$.*?\$\$|\$[^$]+\$/g, " ")
          .replace(/<?https?:\/\/\S+/g, " ")
          .replace(/:[\p{L}\p{N}_:+-]+:`~?([^`<]+?)(?:\s*<[^`>]*>)?`/gu, "$1")
          .replace(/\[[\p{L}\p{N}_.-]+\]_/gu, " ")
          .replace(/[`|]+/g, "");
  };

  const marked = (text, words) =>
    text
      .split(/([a-z0-9_]+)/i)
      .map((part) => (words.includes(part.toLowerCase()) ? make("mark", {}, part) : part));

  // The surroundings of the word that counts the most.
  const piece = (text, words) => {
    const all = text.split(" ");
    const at = all.findIndex((word) => split(word).includes(words[0]));
    const from = Math.max(0, Math.min(at - 6, all.length - 22));
    const some = all.slice(from, from + 22).join(" ");
    return `${from ? "… " : ""}${some}${from + 22 < all.length ? " …" : ""}`;
  };

  // lists: of each search the passages found, as [passage, score, shared words]; or why none is.
  const show = (lists, right) => {
    board.replaceChildren(
      ...lists.map((found, i) => {
        const name = make("p", { className: "text-search-name" }, searches[i]);
        if (typeof found === "string") return make("div", {}, name, make("p", {}, found));
        const list = make("ol", { ariaLabel: searches[i] });
        for (const [passage, score, shared] of found) {
          const head = make("div", { className: "text-search-head" });
          head.append(make("b", {}, names[passage]), make("span", {}, number(score, 3)));
          const hit = make("li", {}, head, lines[passage]);
          const text = piece(texts[passage], shared);
          hit.append(make("div", { className: "text-search-text" }, ...marked(text, shared)));
          if (right.includes(passage)) head.firstChild.after(make("i", {}, "✓ answers"));
          list.append(hit);
        }
        return make("div", {}, name, list);
      }),
    );
  };

  if (!data.rows) {
    const choice = make("select");
    for (const kind of new Set(examples.map((each) => each[1]))) {
      const group = make("optgroup", { label: kind });
      examples.forEach(([text, of], i) => {
        if (of === kind) group.append(make("option", { value: i }, text));
      });
      choice.append(group);
    }
    choice.onchange = () => {
      const [, , right, lists] = examples[choice.value];
      const none = "Nothing: no passage has any of these words.";
      show(lists.map((found) => (found.length ? found : none)), right);
      const ranks = lists.map(
        (found, i) => `${searches[i]}: ${found.filter(([n]) => right.includes(n)).length}`,
      );
      said.textContent = `Entries in the list of answers, of those shown: ${ranks.join(", ")}.`;
    };
    stage.append(make("label", { className: "text-search-ask" }, "A question", choice));
    stage.append(said, board);
    choice.onchange();
    return;
  }

  const [rows, scales, vectors] = [data.rows, data.scales, data.vectors].map(unpack);
  const dim = rows.shape[1];
  const place = new Map(data.words.split(" ").map((word, i) => [word, i]));
  const lengthOf = (vector) => Math.hypot(...vector) || 1;
  const units = names.map((_, n) => {
    const vector = Array.from(vectors.subarray(n * dim, (n + 1) * dim));
    const length = lengthOf(vector);
    return vector.map((value) => value / length);
  });
  const passages = texts.map((text) => {
    const counts = new Map();
    for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { counts, length: split(text).length };
  });
  const mean = passages.reduce((sum, { length }) => sum + length, 0) / passages.length;
  const foundIn = new Map();
  for (const { counts } of passages)
    for (const word of counts.keys()) foundIn.set(word, (foundIn.get(word) ?? 0) + 1);
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
    const vector = new Float64Array(dim);
    for (const word of words)
      for (let i = 0; i < dim; i++)
        vector[i] += rows[place.get(word) * dim + i] * scales[place.get(word)];
    const length = lengthOf(vector);
    return units.map((unit) => unit.reduce((sum, value, i) => sum + value * vector[i], 0) / length);
  };

  const first = (scores, words) => {
    const best = scores.map((score, n) => [n, score]).sort((a, b) => b[1] - a[1]);
    const telling = [...new Set(words)].sort((a, b) => idf(b) - idf(a));
    const shared = (n) => telling.filter((word) => passages[n].counts.has(word)).slice(0, 5);
    return best
      .slice(0, 5)
      .filter(([, score]) => score > 0)
      .map(([n, score]) => [n, score, shared(n)]);
  };

  const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
  const told = (what, words) => {
    const some = [...new Set(words)].map((w) => (w.length > 24 ? `${w.slice(0, 24)}…` : w));
    const more = some.length > 8 ? " and others" : "";
    return some.length ? ` ${what}: ${some.slice(0, 8).join(", ")}${more}.` : "";
  };
  const search = () => {
    const words = split(prose(input.value));
    const known = words.filter((word) => place.has(word));
    const spelt = words.filter((word) => foundIn.has(word));
    const none = words.length ? "" : "There is no word in the question.";
    show(
      [
        spelt.length ? first(byWords(words), words) : none || "Nothing: no passage has any of these words.",
        known.length
          ? first(byVectors(known), words)
          : none || "Nothing: the table of this page has none of these words.",
      ],
      examples.find(([text]) => text === input.value.trim())?.[2] ?? [],
    );
    said.textContent = (
      told("No passage has", words.filter((word) => !foundIn.has(word))) +
      told("The encoder's table on this page has no", words.filter((word) => !place.has(word)))
    ).trim();
  };
  input.oninput = search;

  const asked = examples.map(([text, kind]) =>
    make(
      "button",
      {
        type: "button",
        onclick() {
          input.value = text;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        },
      },
      make("small", {}, `${kind}: `),
      text,
    ),
  );
  stage.append(
    make("label", { className: "text-search-ask" }, "Your question", input),
    make("div", { className: "explorable-row", role: "group", ariaLabel: "Questions to try" }, ...asked),
    said,
    board,
  );
  input.value = examples[0][0];
  search();
};
