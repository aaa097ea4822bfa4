// What a reader expects, said with a click before the result shows. It is kept in this browser, where
// that is possible, and counts for nothing.
(() => {
  const keyOf = (answers) => `embeddings-course/predict/${answers.dataset.key}`;
  const load = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const save = (key, text) => {
    try {
      if (text === null) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
    } catch {
      // What cannot be kept is shown all the same.
    }
  };

  const mount = (answers) => {
    const buttons = [...answers.querySelectorAll("button")];
    const said = answers.parentElement.querySelector(".predict-said");
    const show = (text) => {
      buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.textContent === text)));
      said.textContent = text === null ? "" : `You said: ${text}. Read on to see what comes out.`;
    };
    const before = load(keyOf(answers));
    show(buttons.some((button) => button.textContent === before) ? before : null);
    answers.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      const text = button.getAttribute("aria-pressed") === "true" ? null : button.textContent;
      show(text);
      save(keyOf(answers), text);
    });
    answers.hidden = false;
  };

  const start = () => document.querySelectorAll(".predict-answers").forEach(mount);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
