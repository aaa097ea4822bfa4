// What a reader has read and answered, in this browser only: ticks in the table of contents, a
// button at the end of each page that counts, a summary on the first page, once there is something. Quizzes keep their
// answers themselves; coursePages says which page has which quizzes, with how many questions.
(() => {
  const KEY = "embeddings-course/";
  const make = (tag, properties, ...inner) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inner);
    return element;
  };
  const load = (name) => {
    try {
      return JSON.parse(localStorage.getItem(KEY + name)) || {};
    } catch {
      return {};
    }
  };
  const canStore = () => {
    try {
      localStorage.setItem(KEY + "probe", "1");
      localStorage.removeItem(KEY + "probe");
      return true;
    } catch {
      return false;
    }
  };

  const quizzesOf = (page) => Object.entries(coursePages[page]);
  // What the reader says counts; without a word of theirs, whether all questions were checked.
  const isRead = (page) => {
    const said = load("read")[page];
    if (said !== undefined) return said;
    return quizzesOf(page).every(([quiz, count]) => {
      const answers = Object.values(load(`quiz/${quiz}`).answers || {});
      return answers.filter((answer) => answer.checked).length >= count;
    });
  };
  const rightIn = ([quiz, count]) => {
    const points = Object.values(load(`quiz/${quiz}`).points || {});
    return Math.min(count, points.filter((point) => point === 1).length);
  };

  const start = () => {
    const here = DOCUMENTATION_OPTIONS.pagename;
    const root = new URL(document.documentElement.dataset.content_root, location.href);
    const addressOf = (page) => new URL(`${page}.html`, root).href;
    const pages = Object.keys(coursePages);
    const stores = canStore();
    const shown = []; // functions that show the state anew

    const links = [...document.querySelectorAll(".bd-docs-nav a.reference.internal")];
    for (const page of pages) {
      const its = (a) => (a.getAttribute("href") === "#" ? here === page : a.href === addressOf(page));
      for (const link of links.filter(its)) {
        const tick = make("span", { className: "reader-tick", hidden: true });
        tick.append(make("span", { className: "visually-hidden", textContent: " (read)" }));
        link.append(tick);
        shown.push(() => (tick.hidden = !isRead(page)));
      }
    }

    if (here in coursePages) {
      const button = make("button", { type: "button", textContent: "I have read this page" });
      const note = stores
        ? "A page also counts as read when you have checked all its questions. What you have read " +
          "stays in this browser, on this device."
        : "This browser does not let the page remember what you have read.";
      button.hidden = !stores;
      button.addEventListener("click", () => {
        const read = { ...load("read"), [here]: !isRead(here) };
        localStorage.setItem(KEY + "read", JSON.stringify(read));
      });
      shown.push(() => button.setAttribute("aria-pressed", isRead(here)));
      const box = make("section", { className: "reader-page" }, button, make("p", { textContent: note }));
      box.setAttribute("aria-label", "Your progress");
      document.querySelector(".bd-article").append(box);
    }

    const place = document.querySelector(".reader-summary");
    if (place && stores) {
      const counts = make("p", { tabIndex: -1 });
      const forget = make("button", { type: "button", textContent: "Forget my progress" });
      const note =
        "Pages with questions count: tick one off at its end, or check all its questions. This stays " +
        "in this browser, on this device." +
        (location.protocol === "file:"
          ? " Some browsers keep files that are opened from disk apart, and then count only those " +
            "read from a server."
          : "");
      forget.addEventListener("click", () => {
        if (!confirm("Forget which pages you have read, and all answers to questions?")) return;
        Object.keys(localStorage)
          .filter((key) => key.startsWith(KEY))
          .forEach((key) => localStorage.removeItem(key));
        counts.focus();
      });
      shown.push(() => {
        const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
        const quizzes = pages.flatMap(quizzesOf);
        const read = pages.filter(isRead).length;
        const right = sum(quizzes.map(rightIn));
        const questions = sum(quizzes.map(([, count]) => count));
        const text = `${read} of ${pages.length} pages read, ${right} of ${questions} questions right.`;
        if (counts.textContent !== text) counts.textContent = text;
        // Two zeros greet nobody. Once it is shown it stays, also for whoever has just forgotten all.
        if (read || right) place.hidden = false;
        forget.hidden = !Object.keys(localStorage).some((key) => key.startsWith(KEY));
      });
      const fold = make("details", {}, make("summary", { textContent: "How this is counted" }));
      fold.append(make("p", { textContent: note }), forget);
      place.hidden = true;
      place.append(counts, fold);
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", "Your progress");
    }

    const show = () => shown.forEach((each) => each());
    show();
    // After what was done here, once its own listeners have stored it; in another tab; and on a page
    // that one goes back to.
    for (const kind of ["click", "input", "submit"]) document.addEventListener(kind, show);
    for (const kind of ["storage", "pageshow"]) window.addEventListener(kind, show);
  };
  document.addEventListener("DOMContentLoaded", start);
})();
