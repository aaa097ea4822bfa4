// What anywidget asks for, on top of quiz.js. The kernel makes the markup and keeps the record.

const render = ({ model, el }) => {
  const saved = () => {
    const note = el.querySelector(".quiz-note");
    note.textContent = model.get("saved").text;
    note.classList.toggle("quiz-problem", !!model.get("saved").problem);
  };
  const letKeysGo = keepKeys(el);
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
    letKeysGo();
    model.off("change:html", show);
    model.off("change:saved", onSaved);
  };
};

export default { render };
