// What anywidget asks for, on top of quiz.js. The kernel makes the markup and keeps the record.

const render = ({ model, el }) => {
  const saved = () => {
    const note = el.querySelector(".quiz-note");
    note.textContent = model.get("saved").text;
    note.classList.toggle("quiz-problem", !!model.get("saved").problem);
  };
  // A notebook takes arrows, letters and Enter for itself, whatever has the focus. It looks for the
  // mark before any listener inside of it is called, so the mark comes from the window. Shortcuts
  // such as Ctrl+S, and Escape, still reach the notebook.
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
  let waiting;
  const show = () => {
    el.innerHTML = model.get("html");
    mountQuiz(el.querySelector(".quiz"), {
      load: () => ({ ...model.get("answers") }),
      note: model.get("saved").text,
      save(answers) {
        // A kernel that has gone answers nothing; without this line a person would not notice.
        clearTimeout(waiting);
        waiting = setTimeout(() => {
          el.querySelector(".quiz-note").textContent =
            "Not saved yet. If this line stays, run the cell again, then answer once more.";
        }, 4000);
        model.set("answers", { ...answers });
        model.save_changes();
      },
    });
    const student = el.querySelector("[name=student]");
    student?.form.addEventListener("submit", (event) => event.preventDefault());
    student?.addEventListener("change", () => {
      model.set("student", student.value.trim());
      model.save_changes();
    });
    saved();
  };
  const onSaved = () => {
    clearTimeout(waiting);
    saved();
  };
  model.on("change:html", show);
  model.on("change:saved", onSaved);
  show();
  return () => {
    clearTimeout(waiting);
    window.removeEventListener("keydown", claim, true);
    model.off("change:html", show);
    model.off("change:saved", onSaved);
  };
};

export default { render };
