// What the search finds, section by section, with a line of text around the words. Sphinx's index
// says which pages have them; searchTexts has the pages' sections: [id, title, text].
document.addEventListener("DOMContentLoaded", () => {
  const AROUND = 110; // letters before and after the first word
  const make = (tag, properties, ...inner) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inner);
    return element;
  };
  const plain = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;

  const stems = new Map();
  const stemmer = new Stemmer();
  const stem = (word) => {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
    return stems.get(word);
  };
  // Where words of the search are in a text: as words, or as parts of longer ones, as in the index.
  const hits = (text, terms) => {
    const found = [];
    for (const match of text.matchAll(/[\p{Letter}\p{Number}_]+/gu)) {
      const word = match[0].toLowerCase();
      const term = terms.find((each) => stem(word) === each || (each.length > 2 && word.includes(each)));
      if (term) found.push({ term, start: match.index, end: match.index + word.length });
    }
    return found;
  };

  const line = (text, found) => {
    const quote = make("p", { className: "context" });
    const from = found.length ? Math.max(0, found[0].start - AROUND) : 0;
    const start = from ? text.indexOf(" ", from) + 1 : 0;
    const to = (found.length ? found[0].end : 0) + AROUND;
    const end = to < text.length ? Math.max(text.lastIndexOf(" ", to), start) : text.length;
    let at = start;
    for (const hit of found.filter((each) => each.end <= end)) {
      quote.append(text.slice(at, hit.start), make("mark", { textContent: text.slice(hit.start, hit.end) }));
      at = hit.end;
    }
    quote.append(text.slice(at, end), end < text.length ? " \u2026" : "");
    if (start) quote.prepend("\u2026 ");
    return quote;
  };

  // The section of a page that has most of the words, then one that is named after them.
  const best = (page, terms, id) => {
    const rated = (searchTexts[page] || []).map(([anchor, title, text]) => {
      const [inTitle, inText] = [hits(title, terms), hits(text, terms)];
      const distinct = new Set([...inTitle, ...inText].map((hit) => hit.term)).size;
      return { anchor, title, text, inText, count: inText.length, rank: [distinct, inTitle.length, inText.length] };
    });
    const asked = rated.find(({ anchor }) => anchor === id);
    if (asked || !rated.length) return asked;
    const better = (a, b) => {
      const i = a.rank.findIndex((value, place) => value !== b.rank[place]);
      return i >= 0 && b.rank[i] > a.rank[i] ? b : a;
    };
    const count = rated.reduce((sum, section) => sum + section.count, 0);
    return { ...rated.reduce(better), count };
  };

  Search.query = (query) => {
    const [asked, terms, excluded, highlighted, objects] = Search._parseQuery(query);
    const words = [...terms];
    const seen = new Set();
    const results = Search._performSearch(asked, terms, excluded, highlighted, objects)
      .reverse()
      .map(([page, title, hash, description, score], place) => {
        const section = description ? undefined : best(page, words, hash.slice(1));
        const first = section && searchTexts[page][0];
        const anchor = section && section.anchor !== first[0] ? `#${section.anchor}` : hash;
        const names = section ? [...new Set([first[1], section.title])] : [plain(title)];
        return { page, anchor, names, section, description, score, place };
      })
      // Equal in Sphinx's eyes: first the pages that speak of it most.
      .sort((a, b) => b.score - a.score || (b.section?.count || 0) - (a.section?.count || 0) || a.place - b.place)
      .filter(({ page, anchor }) => !seen.has(page + anchor) && seen.add(page + anchor));
    for (const { page, anchor, names, section, description } of results) {
      const link = make("a", {
        href: page + DOCUMENTATION_OPTIONS.LINK_SUFFIX + anchor,
        textContent: names.join(" \u203a "),
      });
      const item = make("li", {}, link);
      if (description) item.append(` (${plain(description)})`);
      else if (section?.text) item.append(line(section.text, section.inText));
      Search.output.append(item);
    }
    _finishSearch(new Set(results.map(({ page }) => page)).size);
  };
});
