// Choices survive a reload: what a reader sets in a control, a map or an explorable is kept for
// this tab, by page and position. Their own scripts need to do nothing for it: they hear the events
// of the inputs, as when the reader sets them.
//
// A script whose state is not in inputs can use the same store: keptChoices.load("name"), which is
// undefined if nothing is kept or allowed, and keptChoices.save("name", value).
const keptChoices = (() => {
  const key = (name) => `embeddings-course/choices/${DOCUMENTATION_OPTIONS.pagename}/${name}`;
  return {
    load(name) {
      try {
        return JSON.parse(sessionStorage.getItem(key(name))) ?? undefined;
      } catch {
        return undefined; // storage is off, or holds something else
      }
    },
    save(name, value) {
      try {
        sessionStorage.setItem(key(name), JSON.stringify(value));
      } catch {
        // Storage is off or full: the page works as before.
      }
    },
  };
})();

document.addEventListener("DOMContentLoaded", () => {
  const isTicked = (input) => ["checkbox", "radio"].includes(input.type);
  const read = (input) => (isTicked(input) ? input.checked : input.value);
  const keep = (root, place) => {
    const inputs = () => [...root.querySelectorAll("input:not([type=file]), select, textarea")];
    const state = () => inputs().map((input) => [input.type, read(input)]);
    const kept = keptChoices.load(place);
    // A page that has changed may have other inputs in this place.
    const fits =
      Array.isArray(kept) &&
      kept.length === inputs().length &&
      inputs().every((input, i) => Array.isArray(kept[i]) && kept[i][0] === input.type);
    if (fits) {
      inputs().forEach((input, i) => {
        const value = kept[i][1];
        if (!input.isConnected || read(input) === value) return;
        if (input.type === "radio" && !value) return; // the one that is chosen says so
        if (input.tagName === "SELECT" && ![...input.options].some((of) => of.value === value)) return;
        input[isTicked(input) ? "checked" : "value"] = value;
        for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
      });
    }
    for (const kind of ["input", "change"]) {
      root.addEventListener(kind, () => keptChoices.save(place, state()));
    }
  };
  // After the scripts that make the inputs, which wait for the same event.
  setTimeout(() => document.querySelectorAll(".control, .map, .explorable").forEach(keep));
});
