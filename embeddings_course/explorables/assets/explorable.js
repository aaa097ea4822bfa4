// What all explorables share. Each script adds itself: `explorables.NAME = (stage, data, tools, fallback) => {…}`.
// It fills the stage, an empty element, and may return a function that ends what still runs. It may
// take pictures and sounds from the fallback, which stays in the page, hidden.
// Without scripts, or where the data are damaged, what Python prepared stays.

const explorables = {};

const explorableTools = {
  // make("button", { type: "button", className: "…", onclick }, "text", child)
  make(tag, properties, ...inner) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inner);
    return element;
  },

  // An SVG element with attributes.
  draw(tag, attributes = {}, ...inner) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inner);
    return element;
  },

  // What Python's `packed` wrote, as a typed array with a shape.
  unpack({ kind, shape, data }) {
    const kinds = {
      int8: Int8Array,
      uint8: Uint8Array,
      uint16: Uint16Array,
      int32: Int32Array,
      float32: Float32Array,
    };
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const array = new kinds[kind](bytes.buffer);
    if (array.length !== shape.reduce((product, size) => product * size, 1)) throw Error();
    return Object.assign(array, { shape });
  },

  // One picture of the explorable's sheet; another tag than span takes other properties.
  photo(number, columns, label, tag = "span", properties = {}) {
    const element = explorableTools.make(tag, { className: "explorable-photo", ...properties });
    if (tag === "span") element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
    element.style.setProperty("--row", Math.floor(number / columns));
    element.style.setProperty("--column", number % columns);
    return element;
  },

  // A number with a real minus sign.
  number(value, decimals = 2) {
    const text = Math.abs(value).toFixed(decimals);
    return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
  },

  // A line that screen readers say when it changes.
  status() {
    const element = document.createElement("p");
    element.className = "explorable-status";
    element.setAttribute("role", "status");
    return element;
  },
};

const mountExplorable = (root) => {
  const { make } = explorableTools;
  const fallback = root.querySelector(".explorable-fallback");
  const stage = make("div", { className: "explorable-stage" });
  try {
    const data = JSON.parse(root.querySelector(".explorable-data").textContent);
    const stop = explorables[root.dataset.explorable](stage, data, explorableTools, fallback);
    fallback.before(stage);
    fallback.hidden = true;
    root.classList.add("explorable-alive");
    return stop ?? (() => {});
  } catch (error) {
    const textContent =
      "The data of this picture are missing or damaged, so it cannot answer. Reload the page; what is below can be read without it.";
    root.prepend(make("p", { className: "explorable-problem", textContent }));
    console.error(error);
    return () => {};
  }
};

if (document.currentScript) {
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".explorable").forEach(mountExplorable);
  });
}
