"""Quizzes in JupyterLab and Notebook 7, in a real browser with a real server and kernel."""

import json
import re
from ast import literal_eval

import nbformat
import pytest
from nbformat import v4

from embeddings_course.quiz.question_files import load_bank, load_questions
from embeddings_course.quiz_tools.draw import write_assignment
from helpers.browser import barriers, wait_for
from helpers.jupyter_server import CONNECTED, run, serve
from helpers.repository import ROOT

QUIZ = load_bank(ROOT / "book" / "quizzes")["knowledge-check"]
PRACTICE = 'from embeddings_course.quiz import quiz\n\nquiz("knowledge-check")'

POOL = """\
questions:
  - id: pick
    claim: some-claim
    level: recall
    kind: single
    stem: Which is even?
    choices:
      - {text: two, correct: true, feedback: Secret one.}
      - {text: three, feedback: Secret two.}
  - id: count
    claim: some-claim
    level: apply
    kind: numeric
    stem: What is {{rows}} times four?
    variables: {rows: [11, 12, 13, 14, 15, 16, 17, 18, 19]}
    answer: rows * 4
    tolerance: 0
    unit: rows
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Jupyter server with settings of its own; gives its address and the folder it shows."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("notebooks")
    cell = v4.new_code_cell(PRACTICE)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("practice-lab", "practice-notebook"):
        (folder / name).mkdir()
        notebook = v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / name / "practice.ipynb")
    (folder / "pool.yml").write_text(POOL)
    pool = load_questions(folder / "pool.yml")
    # What a student has, less nbgrader's part, which test_quiz_graded.py covers.
    for name in ("graded-lab", "graded-notebook"):
        write_assignment(pool, folder / name, term="spring", count=2)
        path = folder / name / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = notebook.cells[:4]
        stub = "    raise NotImplementedError()"
        body = re.compile(r" +### BEGIN SOLUTION.*### END SOLUTION", re.DOTALL)
        notebook.cells[3].source = body.sub(stub, notebook.cells[3].source)
        nbformat.write(notebook, path)
    with serve(folder, home) as address:
        yield address, folder


# An application's own signals: what it shows of them comes earlier, or not at all.
NOTE_RESTART = """() => {
    window.restarting = false;
    jupyterapp.shell.currentWidget.sessionContext.statusChanged.connect((_, status) => {
        window.restarting ||= status === "restarting";
    });
}"""
NOTE_SAVED = """() => {
    window.saved = "";
    jupyterapp.shell.currentWidget.context.saveState.connect((_, state) => {
        window.saved = state;
    });
}"""


def restart_kernel(page):
    """Restart the kernel, and wait until the new one can run cells."""
    page.evaluate(NOTE_RESTART)
    if "/lab/" in page.url:
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
    else:
        page.locator(".lm-MenuBar-item", has_text="Kernel").click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(r"^Restart Kernel…$")).click()
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    page.wait_for_function("window.restarting")
    page.wait_for_function(CONNECTED)


def save(page):
    """Save the notebook, and wait until it is."""
    page.evaluate(NOTE_SAVED)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    page.wait_for_function("window.saved.startsWith('completed')")


def answers(folder, file="knowledge-check.quiz.json"):
    return json.loads((folder / file).read_text(encoding="utf-8"))["answers"]


def form(page, number):
    return page.locator(".quiz-question").nth(number).locator(".quiz-form:visible")


def show(page):
    """Run the quiz's cell until the quiz is there.

    Where a machine has much to do, the widget of the first run may find no manager yet.
    """

    def shown():
        run(page)
        page.wait_for_selector(".quiz-choice", timeout=30_000)
        return True

    wait_for(shown, seconds=150)


def test_practice_answers_survive_reload_and_restart(notebook):
    page, folder = notebook("practice")
    show(page)
    first = QUIZ.questions[0]
    right = next(choice.key for choice in first.choices if choice.correct)
    form(page, 0).locator(f"[value='{right}']").check()
    form(page, 0).get_by_role("button", name="Check").click()
    assert form(page, 0).locator(".quiz-status").inner_text().startswith("Right.")
    assert page.locator(".quiz-score").inner_text() == f"Score: 1 of {len(QUIZ.questions)}."
    # By keyboard: arrows and Enter belong to the quiz, not to the notebook.
    form(page, 1).locator("input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    taken = form(page, 1).locator("input:checked").get_attribute("value")
    assert form(page, 1).locator(".quiz-status").inner_text()
    wait_for(lambda: answers(folder)[QUIZ.questions[1].id]["answer"] == [taken])
    page.wait_for_selector("text=Saved in knowledge-check.quiz.json")
    assert "run this cell again" in page.locator(".jp-OutputArea").first.inner_text()

    save(page)
    page.reload()  # the kernel goes on, and with it the widget
    page.wait_for_selector(".quiz-choice")
    assert page.locator(".quiz input:checked").count() == 2
    assert form(page, 0).locator(".quiz-status").inner_text().startswith("Right.")

    restart_kernel(page)
    run(page)
    page.wait_for_selector("text=Your answers from knowledge-check.quiz.json are back.")
    assert page.locator(".quiz input:checked").count() == 2
    assert form(page, 0).locator(".quiz-status").inner_text().startswith("Right.")
    form(page, 2).locator("input").first.check()
    wait_for(lambda: len(answers(folder)) == 3)

    assert not barriers(page, ".quiz")


def test_after_a_restart_the_hint_stands_where_the_quiz_was(notebook):
    page, _ = notebook("practice")
    show(page)
    save(page)
    restart_kernel(page)
    page.reload()
    page.wait_for_selector(".jp-OutputArea-output >> text=run this cell again")
    show(page)


def test_graded_answers_are_recorded_and_collected_into_the_notebook(notebook):
    page, folder = notebook("graded")
    run(page, 0)
    page.wait_for_selector("[name=student]")
    assert page.locator(".quiz-question").count() == 0, "numbers depend on who it is"
    page.locator("[name=student]").fill("ann")
    page.keyboard.press("Enter")
    page.wait_for_selector(".quiz-question")
    assert page.locator(".quiz").get_by_role("button", name="Check").count() == 0
    numeric = page.locator(".quiz-question", has=page.locator("[name=number]"))
    asked = numeric.locator("legend").inner_text()
    numeric.locator("[name=number]").fill("1,000")
    numeric.locator("[name=number]").blur()
    assert "can be read in two ways" in numeric.locator(".quiz-status").inner_text()
    page.locator(".quiz-choice", has_text="two").click()
    wait_for(lambda: len(answers(folder, "answers.json")) == 2)
    assert "1 of 2 answered." in page.locator(".quiz-score").inner_text()
    numeric.locator("[name=number]").fill("1 000 rows")
    numeric.locator("[name=number]").blur()
    assert "Read as 1000." in numeric.locator(".quiz-status").inner_text()
    wait_for(lambda: answers(folder, "answers.json")["count"]["answer"] == "1 000 rows")
    assert "2 of 2 answered." in page.locator(".quiz-score").inner_text()
    shown = page.content()
    assert "Secret" not in shown

    run(page, 1)
    page.wait_for_selector("text=Collected 2 answers of ann")
    wait_for(lambda: "'student': 'ann'" in page.locator(".jp-CodeCell").nth(1).inner_text())
    save(page)
    path = next(folder.glob("*.ipynb"))
    wait_for(lambda: "'ann'" in path.read_text(encoding="utf-8"))
    source = nbformat.read(path, as_version=4).cells[3].source
    collected = literal_eval(re.search(r"return (\{.*\})\n\n\n", source, re.DOTALL)[1])
    assert collected["answers"]["count"]["answer"] == "1 000 rows"

    # Another id, other numbers: what was answered to the first ones is kept, but does not count.
    for other in ("bob", "cyd", "dan", "eve"):
        page.locator(".quiz").evaluate("quiz => { quiz.dataset.of = 'the one before'; }")
        page.locator("[name=student]").fill(other)
        page.keyboard.press("Enter")
        quiz = page.locator(".quiz:not([data-of])")  # the kernel has sent another one
        assert quiz.locator("[name=student]").input_value() == other
        if numeric.locator("legend").inner_text() != asked:
            break
    assert numeric.locator("[name=number]").input_value() == ""
    record = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    assert record["student"] == other
    assert [old["question"] for old in record["earlier"]] == ["count"]
    assert set(record["answers"]) == {"pick"}
