// A notebook takes arrows, letters and Enter for itself, whatever has the focus. It looks for the
// mark before any listener inside of it is called, so the mark comes from the window. Shortcuts
// such as Ctrl+S, and Escape, still reach the notebook. Returns what ends this.
const keepKeys = (el) => {
  const isOurs = (event) => !(event.ctrlKey || event.metaKey || event.key === "Escape");
  const claim = (event) => {
    if (el.contains(event.target)) {
      event.target.toggleAttribute("data-lm-suppress-shortcuts", isOurs(event));
    }
  };
  window.addEventListener("keydown", claim, true);
  for (const kind of ["beforeinput", "keydown", "keypress"]) {
    el.addEventListener(kind, (event) => isOurs(event) && event.stopPropagation());
  }
  return () => window.removeEventListener("keydown", claim, true);
};

