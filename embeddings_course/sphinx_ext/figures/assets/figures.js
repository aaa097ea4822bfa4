// Figures of cells: each gets a button that shows it alone, as large as the window. And before the
// page is printed, folded code opens.
(() => {
  const SHOWN = ".cell_output .figure-frame > svg, .cell_output figure img, .cell_output > .output img";

  const show = (picture, opener) => {
    const dialog = document.createElement("dialog");
    dialog.className = "figure-window";
    const close = Object.assign(document.createElement("button"), {
      type: "button",
      textContent: "Close",
    });
    const copy = picture.cloneNode(true);
    const name = copy.getAttribute("aria-label") || copy.alt || "Figure";
    dialog.setAttribute("aria-label", name);
    dialog.append(close, copy);
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      opener.focus();
    });
    dialog.showModal();
  };

  const mount = (picture) => {
    if (picture.closest(".control, .explorable, .map, .quiz, table")) return;
    let frame = picture.closest(".figure-frame");
    if (!frame) {
      frame = Object.assign(document.createElement("div"), {
        className: "figure-frame pst-scrollable-table-container",
      });
      picture.before(frame);
      frame.append(picture);
    }
    const opener = Object.assign(document.createElement("button"), {
      type: "button",
      className: "figure-enlarge",
      textContent: "Enlarge",
    });
    frame.after(opener);
    opener.addEventListener("click", () => show(picture, opener));
    picture.addEventListener("click", () => show(picture, opener));
  };

  const start = () => document.querySelectorAll(SHOWN).forEach(mount);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  const folds = () => document.querySelectorAll("details.code-fold, details.hide");
  addEventListener("beforeprint", () => {
    for (const fold of folds()) {
      fold.dataset.was = fold.open;
      fold.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of folds()) fold.open = fold.dataset.was === "true";
  });
})();
