// Quizzes: one core for the pages of the book, where this is a classic script, and for the widget
// in JupyterLab, where it is part of a module. What is right stands in the markup of practice
// quizzes, under their fold; graded quizzes have none.

const readNumber = (text, unit = "") => {
  const shown = text.trim();
  const bare = shown.endsWith(unit) ? shown.slice(0, shown.length - unit.length).trimEnd() : shown;
  const typed = bare.replace(/\u2212/g, "-");
  let number = typed.replace(/(?<=\d)[\s_'\u2019](?=\d{3}(?!\d))/g, "");
  if (/^[+-]?[1-9]\d{0,2},\d{3}([\s_'\u2019]\d{3})*(e[+-]?\d+)?$/i.test(typed)) {
    const [thousands, decimal] = [number.replace(",", ""), number.replace(",", ".")];
    throw `${shown} can be read in two ways. Write ${thousands} or ${decimal}, without the comma.`;
  }
  const fraction = number.match(/^([+-]?\d{1,15}) ?\/ ?(\d{1,15})$/);
  if (fraction && +fraction[2]) return fraction[1] / fraction[2];
  const grouped = /^[+-]?[1-9]\d{0,2}((,\d{3}){2,}(\.\d+)?|(,\d{3})+\.\d+)$/.test(number);
  number = number.replace(/,/g, grouped ? "" : ".");
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(number) || !isFinite(number)) {
    throw `${shown || "Nothing"} is not a number. Write digits, such as 0.25 or 1e6.`;
  }
  return +number;
};

// root: the element with class quiz. store: load() returns the answers that save(answers, points)
// was given last; points has the score of each checked question; note is a sentence that says where
// answers are kept.
const mountQuiz = (root, store) => {
  const graded = root.dataset.mode === "graded";
  const questions = [...root.querySelectorAll(".quiz-question")];
  const answers = store.load() || {};
  const points = {};
  const find = (selector, within = root) => within.querySelector(selector);
  const findAll = (selector, within) => [...within.querySelectorAll(selector)];
  const note = find(".quiz-note");
  const formOf = (question) => find(".quiz-form:not([hidden])", question);
  const isNumber = (form) => !!form.elements.number;

  const given = (form) =>
    isNumber(form)
      ? form.elements.number.value.trim()
      : findAll("input:checked", form).map((input) => input.value);

  const read = (form) => {
    const field = form.elements.number;
    return readNumber(field.value, field.dataset.unit);
  };

  const isReadable = (form) => {
    try {
      return isFinite(read(form));
    } catch {
      return false;
    }
  };

  const fill = (form, answer) => {
    if (isNumber(form)) form.elements.number.value = answer;
    else findAll("input", form).forEach((i) => (i.checked = answer.includes(i.value)));
  };

  const say = (form, verdict, ...parts) => {
    const status = find(".quiz-status", form);
    status.replaceChildren();
    if (!verdict) return;
    status.append(Object.assign(document.createElement("strong"), { textContent: verdict }));
    for (const [lead, line] of parts) {
      const block = document.createElement("div");
      status.append(block);
      if (!line) {
        block.append(lead);
        continue;
      }
      if (lead) block.append(lead, find(".quiz-text", line).cloneNode(true));
      block.append(...find(".quiz-why", line).cloneNode(true).childNodes);
    }
  };

  const round = (number) => +number.toFixed(2);

  // Points by topic, and the pages of what is not right yet.
  const showResult = () => {
    const result = find(".quiz-result");
    if (!result) return;
    result.hidden = !Object.keys(points).length;
    for (const line of findAll("li", result)) {
      const asked = line.dataset.questions.split(" ");
      const checked = asked.filter((id) => id in points);
      const sum = checked.reduce((total, id) => total + points[id], 0);
      const left = asked.length - checked.length;
      find(".quiz-points", line).textContent =
        `${round(sum)} of ${asked.length}` + (left ? `, ${left} not checked yet.` : ".");
      const pages = findAll(".quiz-page", line);
      for (const page of pages) {
        page.hidden = !page.dataset.questions.split(" ").some((id) => points[id] < 1);
      }
      const again = find(".quiz-reread", line);
      if (again) again.hidden = pages.every((page) => page.hidden);
    }
  };

  const showScore = () => {
    const isAnswered = (form) => (isNumber(form) ? isReadable(form) : given(form).length);
    const done = questions.filter((q) => isAnswered(formOf(q))).length;
    const sum = Object.values(points).reduce((a, b) => a + b, 0);
    const total = questions.length; // none while a graded quiz waits for the student's id
    find(".quiz-score").textContent = graded
      ? total ? `${done} of ${total} answered.` : ""
      : `Score: ${round(sum)} of ${total}.`;
    showResult();
    const again = find(".quiz-again");
    if (again) again.hidden = !Object.keys(answers).length;
  };

  const unmark = (form) => {
    say(form);
    findAll("[data-mark]", form).forEach((label) => delete label.dataset.mark);
  };

  // Wrong numbers that were checked, by form: the second brings the worked solution.
  const wrongNumbers = new Map();

  // A hint must not say how far off a number is: that would be the answer.
  const hint = (number, right) => {
    const tens = Math.log10(number / right);
    if (number * right < 0) return "The sign is not right.";
    if (Math.abs(tens) > 0.5 && Math.abs(tens - Math.round(tens)) < 0.003) {
      return "The digits are right, their place is not: look at the unit and count the zeros.";
    }
    if (Math.abs(number / right - 1) < 0.1) return "Close, but not close enough.";
    const far = isFinite(tens) && Math.abs(tens) > 1 ? ", by far" : "";
    return `Too ${number > right ? "large" : "small"}${far}.`;
  };

  // Returns the points of a form from 0 to 1, and says why.
  const check = (form) => {
    const lines = findAll(".quiz-key li", form);
    unmark(form);
    let score = 0;
    let told = [];
    let solved = true;
    if (isNumber(form)) {
      const number = read(form);
      const near = (line) => Math.abs(number - line.dataset.number) <= +line.dataset.margin;
      const line = lines.find(near);
      score = line && "right" in line.dataset ? 1 : 0;
      told = line ? [["", line]] : [];
      if (!score) {
        const right = lines.find((l) => "right" in l.dataset);
        const wrong = (wrongNumbers.get(form) || new Set()).add(number);
        wrongNumbers.set(form, wrong);
        if (!line) told.push([hint(number, +right.dataset.number)]);
        solved = wrong.size > 1;
        if (solved) told.push(["Worked solution: ", right]);
        else told.push(["Try again. If that is wrong, too, you get the worked solution."]);
      }
    } else {
      const taken = given(form);
      const right = lines.filter((line) => "right" in line.dataset);
      const hits = right.filter((line) => taken.includes(line.dataset.key)).length;
      const wrong = (taken.length - hits) / (lines.length - right.length);
      score = Math.max(0, hits / right.length - wrong);
      const many = find("[type=checkbox]", form);
      for (const input of findAll("input", form)) {
        const line = lines.find((l) => l.dataset.key === input.value);
        const isRight = "right" in line.dataset;
        if (input.checked) {
          input.parentNode.dataset.mark = isRight ? "right" : "wrong";
          told.push([many ? (isRight ? "Right: " : "Not right: ") : "", line]);
        } else if (many && isRight) {
          input.parentNode.dataset.mark = "missed";
          told.push(["Missed: ", line]);
        }
      }
    }
    const partly = `Partly right: ${round(score)} of 1 point.`;
    say(form, score === 1 ? "Right." : score ? partly : "Not right.", ...told);
    if (solved) find(".quiz-key", form).hidden = false;
    return score;
  };

  const remember = (question, checked) => {
    const form = formOf(question);
    const id = question.dataset.id;
    const answer = given(form);
    if (answer.length) answers[id] = { version: form.dataset.version, answer, checked };
    else delete answers[id];
    if (!checked) delete points[id];
    store.save(answers, points);
    showScore();
  };

  const reset = (question) => {
    findAll(".quiz-form", question).forEach((form) => {
      form.reset();
      unmark(form);
      wrongNumbers.delete(form);
      if (!graded) Object.assign(find(".quiz-key", form), { hidden: true, open: false });
    });
    delete points[question.dataset.id];
  };

  for (const question of questions) {
    const forms = findAll(".quiz-form", question);
    reset(question);
    const known = answers[question.dataset.id];
    const shown = known && forms.find((form) => form.dataset.version === known.version);
    if (shown) {
      forms.forEach((form) => (form.hidden = form !== shown));
      fill(shown, known.answer);
      try {
        if (known.checked && !graded) points[question.dataset.id] = check(shown);
      } catch {} // a number that could not be read was checked: it stands there still
    }
    for (const form of forms) {
      form.addEventListener("input", () => {
        if (!graded) unmark(form);
        remember(question, false);
      });
      form.addEventListener("change", () => {
        if (!graded || !isNumber(form)) return;
        try {
          say(form, given(form) && `Read as ${read(form)}.`);
        } catch (problem) {
          say(form, problem);
        }
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (graded) return;
        try {
          if (!given(form).length) throw "Answer first, then check.";
          points[question.dataset.id] = check(form);
          remember(question, true);
        } catch (problem) {
          say(form, String(problem));
        }
      });
      if (graded) continue;
      find("[type=submit]", form).hidden = false;
      const other = find(".quiz-other", form);
      other.hidden = forms.length < 2;
      other.addEventListener("click", () => {
        const next = forms[(forms.indexOf(form) + 1) % forms.length];
        reset(question);
        forms.forEach((f) => (f.hidden = f !== next));
        remember(question, false);
        next.elements.number.focus();
      });
    }
  }

  const again = find(".quiz-again");
  again?.addEventListener("click", () => {
    if (!confirm("Forget the answers to this quiz and start again?")) return;
    questions.forEach((question) => {
      reset(question);
      delete answers[question.dataset.id];
    });
    store.save(answers, points);
    showScore();
    formOf(questions[0]).querySelector("input").focus();
  });
  const versions = [...root.querySelectorAll(".quiz-form")].map((form) => form.dataset.version);
  const stale = Object.values(answers).filter((a) => !versions.includes(a.version)).length;
  note.textContent = store.note;
  if (stale) note.textContent += ` Not shown, as their questions have changed: ${stale} of them.`;
  showScore();
};

if (document.currentScript) {
  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".quiz")) {
      const key = `embeddings-course/quiz/${root.dataset.quiz}`;
      const store = {
        load() {
          try {
            return JSON.parse(localStorage.getItem(key)).answers;
          } catch {
            return {};
          }
        },
        save(answers, points) {
          try {
            localStorage.setItem(key, JSON.stringify({ answers, points }));
          } catch {
            root.querySelector(".quiz-note").textContent =
              "This browser does not let the page remember your answers.";
          }
        },
        note: "Your answers stay in this browser, on this device.",
      };
      mountQuiz(root, store);
    }
  });
}
