// The path through the book that a reader has chosen, kept in this browser only: "next" at a page's
// foot follows it, the contents mark its pages, and a line says where a reader in a hurry stops.
// readingPaths has the paths with their stops; a path without stops is the book's order.
(() => {
  const KEY = "embeddings-course/path";
  const make = (tag, properties, ...inner) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inner);
    return element;
  };
  const chosen = () => {
    try {
      const id = localStorage.getItem(KEY);
      return Object.hasOwn(readingPaths, id) ? id : null;
    } catch {
      return null;
    }
  };
  const choose = (id) => {
    try {
      localStorage.setItem(KEY, id);
    } catch {} // then the link only leads to the path's first page
  };

  const start = () => {
    const here = DOCUMENTATION_OPTIONS.pagename;
    const root = new URL(document.documentElement.dataset.content_root, location.href);
    const addressOf = (page) => new URL(`${page}.html`, root).href;
    const order = Object.keys(coursePages);
    const contents = [...document.querySelectorAll(".bd-docs-nav a.reference.internal")];
    const feet = [".left-prev", ".right-next"].map((side) => {
      const link = document.querySelector(`.prev-next-footer ${side}`);
      const [said, title] = [...(link?.querySelectorAll(".prev-next-info p") || [])];
      return link && { link, said, title, own: [link.href, said.textContent, title.textContent] };
    });
    const lead = (foot, stop, title) => {
      if (!foot) return;
      const [href, said, name] = foot.own;
      foot.link.href = stop ? addressOf(stop.page) : href;
      foot.said.textContent = stop ? `${said} on the path ${title}` : said;
      foot.title.textContent = stop ? stop.title : name;
    };

    const show = () => {
      const id = chosen();
      const { title, stops } = readingPaths[id] || { stops: [] };
      document.querySelectorAll(".path-line, .path-stop, .path-here").forEach((old) => old.remove());
      for (const button of document.querySelectorAll(".path-button")) {
        const its = button.dataset.path === id;
        if (!its) button.removeAttribute("aria-current");
        else {
          button.setAttribute("aria-current", "true");
          button.append(make("span", { className: "path-here", textContent: "Your path" }));
        }
      }
      for (const stop of stops) {
        const its = (a) =>
          a.getAttribute("href") === "#" ? here === stop.page : a.href === addressOf(stop.page);
        for (const link of contents.filter(its)) {
          const mark = make("span", { className: "path-here" });
          mark.append(make("span", { className: "visually-hidden", textContent: " (on your path)" }));
          link.append(mark);
        }
      }

      const place = stops.findIndex((stop) => stop.page === here);
      const after = order.indexOf(here); // -1 on the start page, which comes before all
      const isStart = document.querySelector(".paths");
      const [before, next] =
        place >= 0
          ? [stops[place - 1], stops[place + 1]]
          : after >= 0 || isStart
            ? [undefined, stops.find((stop) => order.indexOf(stop.page) > after)]
            : [];
      lead(feet[0], before, title);
      lead(feet[1], next, title);
      if (!stops.length || isStart) return;

      const change = make("a", { textContent: "Change it", href: `${addressOf("book/index")}#paths` });
      const where = place < 0 ? "this page is not on it" : `stop ${place + 1} of ${stops.length}`;
      const line = make("p", { className: "path-line" }, `Your path is ${title}: ${where}. `, change);
      document.querySelector(".bd-article").append(line);

      const rest = place >= 0 && stops[place].until;
      const section = rest && document.getElementById(rest);
      if (section && next) {
        const go = make("a", { textContent: next.title, href: addressOf(next.page) });
        const stop = make("aside", { className: "path-stop" });
        stop.setAttribute("aria-label", `The path ${title}`);
        stop.append(
          make("p", {}, `The path ${title} leaves this page here. What follows can wait. Next: `, go),
        );
        section.before(stop);
      }
    };
    for (const button of document.querySelectorAll(".path-button")) {
      button.addEventListener("click", () => choose(button.dataset.path));
    }
    show();
    for (const kind of ["storage", "pageshow"]) window.addEventListener(kind, show);
    document.addEventListener("click", show); // after the listeners of what was clicked
  };
  document.addEventListener("DOMContentLoaded", start);
})();
