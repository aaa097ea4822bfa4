// What anywidget asks for. The kernel makes the markup, and an answer to every change.

const SUGGESTIONS = 20;

// The browser would be slow with thousands of options, so a list holds the few that fit.
const suggest = (input, names) => {
  const list = document.createElement("datalist");
  list.id = `control-${Math.random().toString(36).slice(2)}`;
  input.after(list);
  input.setAttribute("list", list.id);
  const fill = () => {
    const typed = input.value.trim().toLowerCase();
    const places = names.map((name) => [name.toLowerCase().indexOf(typed), name]);
    const fitting = places.filter(([place]) => place >= 0).sort(([a], [b]) => !!a - !!b);
    list.replaceChildren(
      ...fitting.slice(0, SUGGESTIONS).map(([, name]) => new Option("", name)),
    );
  };
  input.addEventListener("input", (event) => {
    fill();
    // What is picked from the list counts at once; what is typed counts with Enter.
    const picked = !event.inputType || event.inputType === "insertReplacementText";
    if (picked) input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // The next word takes the place of this one.
  input.addEventListener("focus", () => input.select());
  input.addEventListener("change", () => input.matches(":focus") && input.select());
  fill();
};

const render = ({ model, el }) => {
  const letKeysGo = keepKeys(el);
  let waiting;
  el.innerHTML = model.get("html");
  const form = el.querySelector("form");
  const result = el.querySelector(".control-result");
  const busy = (is) => result.setAttribute("aria-busy", is);
  const choose = () => {
    for (const [name, value] of Object.entries(model.get("values"))) {
      form.elements.namedItem(name).value = value;
    }
  };
  const answered = () => {
    clearTimeout(waiting);
    busy(false);
    result.innerHTML = model.get("result").html;
  };
  const ask = () => {
    const values = Object.fromEntries(new FormData(form));
    if (JSON.stringify(values) === JSON.stringify(model.get("values"))) return;
    busy(true);
    // A kernel that has gone answers nothing; without this line a person would not notice.
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      result.textContent = "No answer yet. If this line stays, run the cell again.";
    }, 8000);
    model.set("values", values);
    model.save_changes();
  };
  choose();
  answered();
  for (const [name, names] of Object.entries(model.get("names"))) {
    suggest(form.elements.namedItem(name), names);
  }
  form.addEventListener("change", ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  model.on("change:values", choose);
  model.on("change:result", answered);
  return () => {
    clearTimeout(waiting);
    letKeysGo();
    model.off("change:values", choose);
    model.off("change:result", answered);
  };
};

export default { render };
