"""What a submission brings in acts nowhere: not in formgrader, in feedback, or in the report."""

import copy
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Error

from embeddings_course.grading.course import open_course
from embeddings_course.grading.preprocessors.hide_tests import NOT_SHOWN
from embeddings_course.grading.report.write import write_report
from grading.cases import CASES, opening
from grading.hostile import HandIn
from grading.test_hostile import Hostile, needs_sandbox
from helpers.browser import wait_for
from helpers.jupyter_server import serve

ROUTES = [case for case in CASES if case.edit.__module__ == opening.__name__]
PANDAS = (
    "<div>\n<style scoped>\n    .dataframe tbody tr th { vertical-align: top; }\n</style>\n<table "
    'border="1" class="dataframe">\n<thead>\n<tr style="text-align: right;"><th></th><th>model</th>'
    "<th>recall</th></tr>\n</thead>\n<tbody>\n<tr><th>0</th><td>a &lt; b</td><td>0.31</td></tr>\n"
    "<tr><th>1</th><td>mean</td><td>0.27</td></tr>\n</tbody>\n</table>\n"
    "<p>2 rows, 2 columns</p>\n</div>"
)
WORDS = (
    "The sequence model, by $\\frac{a_i}{b} < 0.31$:\n\n"
    "$$\\cos\\theta = \\frac{u \\cdot v}{2}$$\n\n"
    "> as measured\n\n| model | recall |\n| --- | --- |\n| both | 0.5 |\n"
)
SHOWN = (
    "import matplotlib.pyplot as plt\n"
    "from IPython.display import HTML, Latex, display\n"
    "plt.plot([1, 3, 2]); plt.title('a figure'); plt.show()\n"
    f"class Frame:\n    def _repr_html_(self):\n        return {PANDAS!r}\n"
    "    def __repr__(self):\n        return 'as text'\n"
    "display(Latex(r'$$\\sqrt{x}$$'))\nFrame()"
)
RUBRIC = "Points for the answer:\n\n| points | for |\n| --- | --- |\n| 6 | a *reason* |"
# What a page notes of what ran in it.
NOTE = """() => ({
    ran: window.ran || [],
    title: document.title,
    seen: document.querySelector("#notebook") !== null
        && [...document.querySelectorAll("#notebook, #notebook .nbgrader_cell")].every(
        (part) => part.getClientRects().length > 0
            && getComputedStyle(part).visibility === "visible"),
    covered: !document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest(
        "#notebook, body > .container, html")
        || [...document.querySelectorAll("#notebook *")].some(
            (part) => ["fixed", "sticky"].includes(getComputedStyle(part).position)),
    frames: document.querySelectorAll("#notebook :is(iframe, object, embed, form, script)").length,
})"""
ACT = """() => {
    for (const part of document.querySelectorAll("#notebook :is(a, button, summary)")) {
        if (!part.closest(".panel-heading")) {
            part.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
            part.click();
        }
    }
}"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """All routes graded, feedback for them, and a report."""
    needs_sandbox()
    course = Hostile(tmp_path_factory.mktemp("opening") / "course", ROUTES)
    hand_in = HandIn(course.root / "submitted" / "shown" / "hw", course.root / "assignments" / "hw")
    hand_in.begin(SHOWN)
    hand_in.cell("why").source = WORDS
    place = hand_in.notebook.cells.index(hand_in.cell("why"))
    hand_in.notebook.cells.insert(place, new_markdown_cell(RUBRIC, id="rubric"))
    hand_in.write()
    for honest in sorted(course.honest)[1:]:  # the hostile suite has them
        shutil.rmtree(course.root / "submitted" / honest)
    course.run()
    assert course.status == 0, course.said
    # An earlier version of the course has graded this one.
    path = course.root / "autograded" / "s000-honest" / "hw" / "hw.ipynb"
    path.chmod(0o644)
    nbformat.write(as_graded_before(nbformat.read(path, as_version=4)), path)
    course.students["as-graded-before"] = "s000-honest"
    course.nbgrader("generate_feedback", "hw", "--TellPoints.partial=True")  # nobody read answers
    write_report(open_course(course.root), "hw")  # with links to feedback
    return course


def as_graded_before(notebook):
    """Return a notebook as the course used to leave it, with the routes in it."""
    notebook = copy.deepcopy(notebook)
    html = [*opening.routes("earlier", opening.HTML), opening.HIDDEN, opening.REFRESH]
    html += [opening.TRACKER.format("earlier")]
    data = [{"text/html": text} for text in html]
    data += [{"application/javascript": opening.ran("earlier-javascript")}]
    outputs = [new_output("display_data", each) for each in data]
    width = {"image/png": {"width": f"1 onload={opening.ran('earlier-width')}"}}
    outputs += [new_output("display_data", {"image/png": opening.PIXEL}, metadata=width)]
    notebook.cells.insert(0, new_code_cell("1", id="earlier", outputs=outputs))
    answer = next(cell for cell in notebook.cells if cell.id == "why")
    texts = opening.routes("earlier-answer", opening.MARKDOWN | opening.HTML)
    answer.source = "\n\n".join(texts)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"a": {}}}
    return notebook


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    with serve(course.root, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def page(browser):
    """A tab that notes dialogs, and what it asks of hosts that are not this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.asked = []
    page.on("dialog", lambda dialog: (page.asked.append(dialog.message), dialog.dismiss()))

    def look(route):
        if route.request.url.startswith(("http://127.0.0.1", "file:", "data:", "blob:")):
            return route.continue_()
        page.asked.append(route.request.url)
        return route.abort()

    page.route("**/*", look)
    yield page
    context.close()


def opened(page, address):
    """Open a page, do all that a person could do in it, and return what came of it."""
    page.asked.clear()
    # A server shows its files only to whoever comes from a page of its own.
    page.goto(address, referer=address if address.startswith("http") else None)
    try:
        page.wait_for_timeout(100)
        page.evaluate(ACT)
        page.wait_for_timeout(500)
        found = page.evaluate(NOTE) if page.url.split("#")[0] == address else {"gone": page.url}
    except Error:  # it has gone to another one meanwhile
        page.wait_for_load_state()
        found = {"gone": page.url}
    found["asked"] = [url for url in page.asked if "cdnjs.cloudflare.com" not in url]
    return found


def submission(course, student):
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return book.find_submission_notebook("hw", "hw", student).id


def acts(found):
    """Return whether a page did what it must not do."""
    kept = found.get("seen") and not found["covered"] and not found["frames"]
    return not kept or found["ran"] or found["asked"]


def stock_page(notebook, template="feedback"):
    """Return the page that nbgrader writes without the course's settings."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata.pop("widgets", None)  # with Colab's, nbconvert writes no page
    for cell in notebook.cells:
        cell.metadata.get("nbgrader", {})["score"] = 0
    css = Path(handlers.static_path, "node_modules", "bootstrap", "dist", "css")
    exporter = HTMLExporter(
        template_name=template,
        extra_template_basedirs=[handlers.template_path],
        extra_template_paths=[str(css)],
    )
    about = {"notebook": "hw", "score": 0, "max_score": 0, "late_penalty": 0}
    html, _ = exporter.from_notebook_node(notebook, {"nbgrader": about})
    return html


def graded(course, student):
    path = course.root / "autograded" / student / "hw" / "hw.ipynb"
    return nbformat.read(path, as_version=4)


# What browsers stop today, or nbconvert when it writes a page: worth trying all the same.
STOPPED = {"object", "noscript", "mathml", "comment", "template", "markdown-address"}


def test_the_routes_run_where_nothing_is_sanitized(course, page, tmp_path):
    """The control: without it, a page in which nothing ran would prove nothing."""
    notebook = graded(course, "s000-honest")
    outputs = notebook.cells[0].outputs
    hidden = [each for each in outputs if each.data.get("text/html") == opening.HIDDEN]
    left = [each for each in outputs if each.data.get("text/html") == opening.REFRESH]

    def written(name, outputs, answer=""):
        shown = copy.deepcopy(notebook)
        shown.cells[0].outputs = outputs
        next(cell for cell in shown.cells if cell.id == "why").source = answer
        (tmp_path / f"{name}.html").write_text(stock_page(shown), encoding="utf-8")
        return opened(page, (tmp_path / f"{name}.html").as_uri())

    found = written("outputs", [each for each in outputs if each not in hidden + left])
    ran, asked = set(found["ran"]), found["asked"]
    for name, text in (opening.HTML | opening.MARKDOWN).items():
        ran |= set(written("answer", [], *opening.routes("earlier-answer", {name: text}))["ran"])
    names = {name.replace(" ", "-") for name in (*opening.HTML, *opening.MARKDOWN, "width")}
    assert (
        names - {each.removeprefix("earlier-").removeprefix("answer-") for each in ran} <= STOPPED
    )
    assert "http://tracker.invalid/earlier.png" in asked
    assert "http://tracker.invalid/gone" in written("left", left)["asked"]
    assert not written("hidden", hidden)["seen"]


def test_what_grading_leaves_is_harmless_by_itself(course, page, tmp_path):
    """Formgrader knows the course's settings only where Jupyter was started in its folder."""
    for name, student in course.students.items():
        if name != "as-graded-before":
            path = tmp_path / f"{name}.html"
            path.write_text(stock_page(graded(course, student)), encoding="utf-8")
            assert not acts(opened(page, path.as_uri())), name


def test_nothing_runs_in_formgrader(course, server, page):
    for name, student in course.students.items():
        found = opened(page, f"{server}/formgrader/submissions/{submission(course, student)}/")
        assert not acts(found), (name, found)
        assert page.locator("input.score[id='why']").is_visible(), name


def test_nothing_runs_in_feedback(course, server, page):
    for name, student in course.students.items():
        path = course.root / "feedback" / student / "hw" / "hw.html"
        for address in (path.as_uri(), f"{server}/files/feedback/{student}/hw/hw.html"):
            found = opened(page, address)
            assert not acts(found), (name, address, found)
        assert "<script" not in path.read_text(encoding="utf-8"), name


def test_a_script_that_slips_into_feedback_is_stopped_by_its_policy(course, page, tmp_path):
    path = course.root / "feedback" / "shown" / "hw" / "hw.html"
    html = path.read_text(encoding="utf-8")
    texts = "".join([*opening.routes("slipped", opening.HTML), opening.TRACKER.format("slipped")])
    (tmp_path / "hw.html").write_text(html.replace("</body>", f"{texts}</body>", 1))
    found = opened(page, (tmp_path / "hw.html").as_uri())
    assert found["ran"] == [] and not found["asked"]


def test_nothing_runs_in_the_report_of_the_class(course, page):
    found = opened(page, (course.root / "grading" / "hw.html").as_uri())
    assert not found["ran"] and not found["asked"]
    links = page.locator("a[href*='/feedback/']").evaluate_all("links => links.map(a => a.href)")
    assert len(links) >= len(course.students)
    assert all(link.endswith("/hw/hw.html") for link in links)


def test_tables_figures_formulas_and_rubrics_are_shown(course, server, page):
    for address in (
        f"{server}/formgrader/submissions/{submission(course, 'shown')}/",
        (course.root / "feedback" / "shown" / "hw" / "hw.html").as_uri(),
    ):
        page.goto(address)
        page.wait_for_load_state("load")
        cells = page.locator(".output_html table td").all_inner_texts()
        assert cells == ["a < b", "0.31", "mean", "0.27"]
        assert "vertical-align" not in " ".join(page.locator(".output").all_inner_texts())
        figure = page.locator(".output_png img")
        assert figure.evaluate("image => image.naturalWidth") > 100
        answer = page.locator(".nbgrader_cell", has_text="The sequence model")
        assert answer.locator("blockquote").inner_text() == "as measured"
        assert answer.locator("td").all_inner_texts() == ["both", "0.5"]
        rubric = page.locator(".text_cell_render", has_text="Points for the answer")
        assert rubric.locator("th").all_inner_texts() == ["points", "for"]
        if address.startswith("file:"):
            assert answer.locator("math mfrac").count() == 2
            assert page.locator(".output_latex math msqrt").count() == 1
            assert "$" not in answer.locator(".rendered_html").inner_text()
        if folder := os.environ.get("COURSE_SCREENSHOTS"):
            page.screenshot(path=Path(folder, f"{address[:4]}.png"), full_page=True)


def test_formgraders_button_runs_nothing_and_says_what_to_do(course, server, page):
    before = graded(course, "shown")
    page.goto(f"{server}/formgrader/manage_submissions/hw")
    page.locator("tr", has_text="shown").locator(".autograde a").click()
    dialog = page.locator("#error-modal")
    wait_for(lambda: "course grade hw --students shown" in dialog.inner_text())
    assert graded(course, "shown") == before


def test_feedback_shows_no_input_of_a_hidden_test(course):
    for name, said in (("in-other-words", NOT_SHOWN.strip()), ("in-an-error", "ValueError")):
        path = course.root / "feedback" / course.students[f"hidden-tests-{name}"] / "hw" / "hw.html"
        html = path.read_text(encoding="utf-8")
        shown = BeautifulSoup(html, "html.parser")
        test = shown.find(id="cell-id=double_more").get_text()
        leaked = re.compile(r"LEAK [\w=+/]{8}")
        assert said in test and not leaked.search(test), "the line of the code may be there"
        assert leaked.search(shown.get_text()), "visible tests show what code says"
        assert b"secret".hex() not in html


def test_feedback_is_one_page_with_its_pictures_and_no_file_of_the_students(course):
    folder = course.root / "feedback" / course.students["pages-beside"] / "hw"
    assert [path.name for path in folder.iterdir()] == ["hw.html"]
    page = BeautifulSoup((folder / "hw.html").read_text(encoding="utf-8"), "html.parser")
    assert page.find("img", alt="plotted")["src"] == f"data:image/png;base64,{opening.PIXEL}"


def test_a_notebook_stays_small_whatever_is_sent(course):
    for name, student in course.students.items():
        if name.startswith("floods"):
            path = course.root / "autograded" / student / "hw" / "hw.ipynb"
            assert path.stat().st_size < 3_000_000, name


def test_points_by_hand_stay_where_the_answer_is_sanitized(course):
    student = course.students["scripts-in-an-answer"]
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        grade = book.find_grade("why", "hw", "hw", student)
        grade.manual_score, grade.needs_manual_grade = 4, False
        book.db.commit()
    status, said = course.grade("--force", "--students", student)
    assert status == 0, said
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        grade = book.find_grade("why", "hw", "hw", student)
        assert (grade.manual_score, grade.needs_manual_grade) == (4, False)
