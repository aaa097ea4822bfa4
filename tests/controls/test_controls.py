"""Controls: prepared states in the book, the same inputs alive in JupyterLab and Notebook 7."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat import v4

from embeddings_course.controls import Choice, Text, Typed, explore, neighbours_html
from embeddings_course.controls.explorer import MOST_STATES
from embeddings_course.controls.inputs import MOST_BUTTONS
from embeddings_course.controls.live_widget import ASSETS
from helpers.browser import DESKTOP, PHONE, barriers, wait_for
from helpers.jupyter_server import run, serve
from helpers.refusals import raises
from helpers.repository import ROOT

WORDS = ["row", "rows", "column", "mean", "kernel", "kernels", "a <b> & \"c\" 'd'", "a  b"]
CAPTION = "Nearest neighbours of a word"

# What a page of the course would hold, with words enough for the browser to notice.
CELL = f"""\
from embeddings_course.controls import Choice, Typed, explore, neighbours_html

words = {WORDS!r} + [f"word{{n}}" for n in range(8000)]


def neighbours(word, vectors):
    if word == "mean":
        raise ZeroDivisionError("no <mean> here")
    return neighbours_html(word, [f"{{word}}-{{vectors}}", "far"], [0.91, -0.25])


explore(
    neighbours,
    caption={CAPTION!r},
    word=Typed(words, prepared=["row", "kernel"]),
    vectors=Choice(["trained", "untrained"]),
)
"""


def neighbours(word, vectors):
    return neighbours_html(
        word,
        [f"{word}-{vectors}", "a_name_" * 8, "<b>"],
        [0.913, 0.4, -0.25],
        notes=["axis", "other", "axis"],
        same=[True, False, True],
        note="Family",
    )


def explorer(prepared=("row", "mean", WORDS[6], "a  b"), caption=CAPTION):
    return explore(
        neighbours,
        caption=caption,
        word=Typed(WORDS, prepared=prepared),
        vectors=Choice(["trained", "untrained"]),
    )


def page_of(folder, *explorers):
    """Write a page as a book of another theme has it; return its address."""
    controls = "".join(each.html() for each in explorers)
    (folder / "page.html").write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Page</title>"
        "<meta name=viewport content='width=device-width'>"
        "<style>:root { color-scheme: light dark }</style>"
        f"<link rel=stylesheet href='{(ASSETS / 'control.css').as_uri()}'>"
        f"<script src='{(ASSETS / 'control.js').as_uri()}'></script>"
        f"<main><h1>Page</h1>{controls}</main>",
        encoding="utf-8",
    )
    return (folder / "page.html").as_uri()


@pytest.fixture
def page(tab, tmp_path):
    """A page with two controls of the same names, and a list of numbers in the second."""
    second = explore(
        lambda word, k: f"<p>{k} of {word}</p>",
        caption="Another",
        word=Choice(["row", "mean"]),
        k=Choice(range(1, 9), label="How many"),
    )
    tab.goto(page_of(tmp_path, explorer(), second))
    return tab


def result(page, number=0):
    return page.get_by_role("status").nth(number).inner_text()


def test_function_gets_the_values_themselves_and_prepared_states_come_in_order():
    got = []

    def render(k, size):
        got.append((k, size))
        return f"{k} {size}"

    made = explore(render, caption="x", k=Choice([1, 5]), size=Choice([0.5, None]))
    assert got == [(1, 0.5), (1, None), (5, 0.5), (5, None)]
    assert repr(made) == "Explorer 'x': 4 prepared states"
    assert made.answer({"k": "5", "size": "None"}) == "5 None"
    assert got[-1] == (5, None)


def test_book_holds_prepared_values_only_and_notebooks_all_of_a_choice():
    made = explore(lambda k: f"<p>{k}</p>", caption="x", k=Choice(range(1, 100), prepared=[5, 1]))
    assert list(made.states) == [("5",), ("1",)]
    assert made.html().count("<input") == 2
    assert made.live_html().count("<option") == 99
    assert '<option value="5" selected>' in made.live_html()


def test_few_values_are_buttons_and_many_a_list():
    for count, buttons in ((MOST_BUTTONS, MOST_BUTTONS), (MOST_BUTTONS + 1, 0)):
        made = explore(lambda k: "<p>", caption="x", k=Choice(range(count)))
        for html in (made.html(), made.live_html()):
            assert html.count('type="radio"') == buttons
            assert html.count("<select") == (not buttons)


def test_controls_have_no_ids_and_all_their_texts_are_escaped():
    odd = "a <b> & \"c\" 'd'"
    made = explore(
        lambda word: f"<p>{len(word)}</p>",
        caption=odd,
        word=Typed([odd], prepared=[odd], label=odd),
    )
    for html in (made.html(), made.live_html(), made.answer({"word": f"{odd}!"})):
        assert "<b>" not in html
        assert " id=" not in html
        assert "a &lt;b&gt; &amp; " in html


def test_one_value_object_serves_controls_of_several_names():
    words = Typed(WORDS, prepared=["row"])
    for name in ("word", "other_word"):
        made = explore(lambda **words: "<p>", caption="x", **{name: words})
        assert name.replace("_", " ").capitalize() in made.html()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kernal", "Word: 'kernal' is not one of the 8 that are known. Close to it: kernel, kern"),
        ("zzzz", "Nothing known is close to it."),
        ("  ", "Word: type one of the 8 that are known, for example row."),
        ("<i>", "&#x27;&lt;i&gt;&#x27; is not one"),
    ],
)
def test_unknown_value_gets_one_sentence_with_what_is_close(typed, said):
    answer = explorer().answer({"word": typed, "vectors": "trained"})
    assert said in answer.replace("&#x27;", "'") or said in answer
    assert "Close to it: row," not in answer


def test_spaces_around_and_capital_letters_do_not_matter():
    answer = explorer().answer({"word": " Kernel ", "vectors": "trained"})
    assert "kernel-trained" in answer


def test_any_text_can_be_written_and_the_book_has_the_prepared_ones():
    texts = ["blur a photo", "How do I sort rows?"]
    made = explore(
        lambda query, k: f"<p>{k}: {len(query)}</p>",
        caption="Search",
        query=Text(prepared=texts),
        k=Choice([1, 5]),
    )
    assert [state[0] for state in made.states] == ["blur a photo"] * 2 + ["How do I sort rows?"] * 2
    assert made.html().count("<option") == 2
    assert 'type="text"' not in made.html()
    assert 'value="blur a photo"' in made.live_html()
    assert made.answer({"query": "  Something ELSE ", "k": "5"}) == "<p>5: 14</p>"
    for nothing in ("", "  ", "?!"):
        said = made.answer({"query": nothing, "k": "1"})
        assert "Query: write a few words, for example: blur a photo" in said


def test_error_of_the_function_is_a_sentence_when_alive_and_an_error_when_prepared():
    def render(word, vectors):
        return f"<p>{1 / (word != 'mean')}</p>"

    controls = {"vectors": Choice(["trained"])}
    made = explore(render, caption="x", word=Typed(WORDS, prepared=["row"]), **controls)
    said = made.answer({"word": "mean", "vectors": "trained"})
    assert "render failed for Word: mean, Vectors: trained. ZeroDivisionError: division" in said
    with pytest.raises(ZeroDivisionError) as caught:
        explore(render, caption="x", word=Choice(["row", "mean"]), **controls)
    assert caught.value.__notes__ == [
        "This happened for the prepared state Word: mean, Vectors: trained."
    ]


def html_of(k):
    return f"<p>{k}</p>"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Typed(WORDS), ValueError, ("prepared-missing", "Typed")),
        (lambda: Typed(WORDS, prepared=[]), ValueError, ("values-empty", "prepared", "Typed")),
        (
            lambda: Typed(WORDS, prepared=["row", "kernal"]),
            ValueError,
            ("prepared-unknown", "'kernal'", "8", "kernel"),
        ),
        (lambda: Typed(WORDS, prepared="row"), TypeError, ("values-one-text", "'row'")),
        (lambda: Text(), ValueError, ("prepared-missing", "Text")),
        (lambda: Text(prepared=[]), ValueError, ("values-empty", "prepared", "Text")),
        (lambda: Text(prepared="row"), TypeError, ("values-one-text", "'row'")),
        (lambda: Choice([]), ValueError, ("values-empty", "values", "Choice")),
        (lambda: Choice([1, "1"]), ValueError, ("values-repeated", "'1'")),
        (lambda: Choice(["a", " "]), ValueError, ("value-invisible", "' '")),
        (lambda: Choice("abc"), TypeError, ("values-one-text", "'abc'")),
        (lambda: Choice(3), TypeError, ("values-not-list", "3")),
        (
            lambda: explore("<p>", caption="x", k=Choice([1])),
            TypeError,
            ("explore-needs-function", "'<p>'"),
        ),
        (
            lambda: explore(html_of, caption=" ", k=Choice([1])),
            ValueError,
            ("explore-needs-caption",),
        ),
        (
            lambda: explore(html_of, caption="x"),
            ValueError,
            ("explore-needs-control", "k=Choice([1, 5])"),
        ),
        (
            lambda: explore(html_of, caption="x", k=[1, 2]),
            TypeError,
            ("control-wrong-type", "k", "k=Choice([...])"),
        ),
        (
            lambda: explore(html_of, caption="x", n=Choice([1])),
            TypeError,
            ("control-arguments-mismatch", "html_of", "n", "'k'"),
        ),
        (
            lambda: explore(html_of, caption="x", k=Choice(range(61))),
            ValueError,
            ("prepared-states-too-many", "61", "k", str(MOST_STATES)),
        ),
        (
            lambda: explore(lambda k: None, caption="x", k=Choice([1])),
            TypeError,
            ("control-not-html", "NoneType"),
        ),
        (
            lambda: explore(lambda k: " ", caption="x", k=Choice([1])),
            TypeError,
            ("control-not-html", "empty"),
        ),
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(make, error, message):
    with raises(error, *message):
        make()


def test_objects_that_show_themselves_as_html_are_taken():
    class Table:
        def _repr_html_(self):
            return "<table></table>"

    assert "<table></table>" in explore(lambda k: Table(), caption="x", k=Choice([1])).html()


def test_book_gets_html_with_inputs_and_readers_without_script_get_it_without(monkeypatch):
    made = explorer()
    monkeypatch.setenv("COURSE_BOOK_BUILD", "1")
    built = made._repr_mimebundle_()
    assert built == explorer()._repr_mimebundle_(), "a page that runs again must show the same"
    assert set(built) == {"text/plain", "text/html"}
    assert built["text/html"] == made.html()
    monkeypatch.delenv("COURSE_BOOK_BUILD")
    saved = made._repr_mimebundle_()
    assert set(saved) == {"text/plain", "text/html"}, "no kernel here"
    assert saved["text/html"].startswith("<style>")
    assert "<form" not in saved["text/html"]
    assert saved["text/html"].count("<details") == len(made.states)


CONTROL = """\
from embeddings_course.controls import Choice, explore, neighbours_html

explore(
    lambda k: neighbours_html("row", ["column", "line"][:k], [0.9, -0.1][:k]),
    caption="Neighbours",
    k=Choice([2, 1]),
)
"""


def test_only_a_page_with_a_control_loads_what_controls_need(small_book):
    small_book.page("two", CONTROL)
    small_book.render()
    text = small_book.text("two")
    for name in ("control.css", "control.js"):
        assert name in text
        assert name not in small_book.text("one")
        assert (small_book.html / "_static" / name).is_file()
    assert text.count("<details data-state") == 2
    assert "<form" in text
    assert "widget-view" not in text


def test_live_widget_answers_changes_even_if_the_answer_is_the_same():
    widget = explorer().widget()
    assert "row-trained" in widget.result["html"]
    for number, word in enumerate(["rwo", "kernels", "Kernels"], start=1):
        widget.values = {"word": word, "vectors": "untrained"}
        assert widget.result["n"] == number
    assert "kernels-untrained" in widget.result["html"]


def test_neighbours_say_everything_in_text_and_bars_are_within_their_frame():
    html = neighbours_html(
        "<q>", ["<b>", "c", "d"], [1.0004, -0.256, -0.001], same=[True, False, False]
    )
    assert "<q>" not in html
    assert "<b>" not in html
    assert re.findall(r"--part: (\d+)%", html) == ["100", "0", "0"]
    assert re.findall(r"</span> ([^<]+)", html) == ["1.00", "\u22120.26", "0.00"]
    assert html.count("\u2713&nbsp;same") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": []}, ("neighbours-empty",)),
        ({"cosines": [0.1]}, ("neighbour-lists-mismatch", "2", "1")),
        ({"notes": ["x"]}, ("neighbour-lists-mismatch", "2", "1")),
        ({"cosines": [0.1, float("nan")]}, ("cosine-out-of-range", "nan")),
        ({"cosines": [0.1, 17.0]}, ("cosine-out-of-range", "17.0")),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(arguments, message):
    with raises(ValueError, *message):
        neighbours_html("x", **({"names": ["a", "b"], "cosines": [0.2, 0.1]} | arguments))


def test_mouse_chooses_and_exactly_one_state_shows(page):
    assert "row-trained" in result(page)
    first = page.get_by_role("group", name=CAPTION)
    for word in ("mean", WORDS[6], "a  b"):
        first.get_by_label("Word").select_option(value=word)
        assert f"{word}-trained" in page.get_by_role("status").first.text_content()
    first.get_by_label("untrained").check()
    assert "b-untrained" in result(page)
    assert "b-trained" not in page.locator("main").inner_text()
    assert page.locator("details").count() == 0
    assert result(page, 1) == "1 of row", "the other control stays as it was"
    page.get_by_role("group", name="Another").get_by_label("mean").check()
    page.get_by_label("How many").select_option("8")
    assert result(page, 1) == "8 of mean"
    assert "b-untrained" in result(page)
    assert not page.wrong


def test_keyboard_alone_chooses(page):
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert "mean-trained" in result(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert "mean-untrained" in result(page)
    page.keyboard.press("Tab")  # the first radio button of the other control
    page.keyboard.press("ArrowRight")
    assert result(page, 1) == "1 of mean"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert result(page, 1) == "2 of mean"


def test_screen_reader_gets_groups_names_and_a_live_region(page):
    group = page.get_by_role("group", name=CAPTION)
    assert group.get_by_role("combobox", name="Word", exact=True).count() == 1
    buttons = group.get_by_role("group", name="Vectors").get_by_role("radio")
    assert buttons.count() == 2
    assert group.get_by_role("radio", name="trained", exact=True).is_checked()
    assert group.get_by_role("status").get_by_role("table", name="Nearest to row").count() == 1


def test_reload_begins_again_with_inputs_that_fit_what_is_shown(page):
    page.get_by_label("untrained").check()
    page.reload()
    assert page.get_by_label("trained", exact=True).is_checked()
    assert "row-trained" in result(page)


def test_without_a_script_every_state_is_under_a_fold_that_names_it(browser, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of(tmp_path, explorer()))
    assert page.get_by_role("group", name=CAPTION).count() == 1
    assert not page.locator("form:visible, input:visible, select:visible").count()
    folds = page.locator("details")
    assert folds.count() == 8
    assert folds.nth(0).locator("table").is_visible()
    assert not folds.nth(3).locator("table").is_visible()
    summary = folds.nth(3).locator("summary")
    assert summary.inner_text() == "Word: mean, Vectors: untrained"
    summary.press("Enter")
    assert "mean-untrained" in folds.nth(3).locator("table").inner_text()
    context.close()


@pytest.mark.parametrize("tab", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_page_is_never_wider_than_the_window(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = page.locator("table").first.bounding_box()
    assert table["x"] + table["width"] <= page.viewport_size["width"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, tmp_path, scheme, viewport, script):
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    address = page_of(tmp_path, explorer(), explorer(["row"], "Another"))
    if not script:
        file = tmp_path / "page.html"
        file.write_text(re.sub("<script.*?</script>", "", file.read_text("utf-8")), "utf-8")
    page.goto(address)
    assert page.locator("details").count() == (0 if script else 10)
    assert not barriers(page)
    context.close()


def test_script_is_small():
    assert len((ASSETS / "control.js").read_bytes()) <= 1024


def test_using_controls_without_a_notebook_loads_no_widgets():
    code = (
        "import sys; from embeddings_course.controls import *; "
        "print({'anywidget', 'ipywidgets', 'torch'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == "set()", ran.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Jupyter server with a notebook of one cell; gives its address and the folder it shows."""
    folder = tmp_path_factory.mktemp("notebooks")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("control-lab", "control-notebook"):
        (folder / name).mkdir()
        notebook = v4.new_notebook(cells=[v4.new_code_cell(CELL)], metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / name / "control.ipynb")
    with serve(folder, tmp_path_factory.mktemp("home")) as address:
        yield address, folder


def test_any_word_can_be_typed_in_a_notebook_and_an_unknown_one_is_told(notebook):
    page, folder = notebook("control")
    run(page)
    cells = page.locator(".jp-CodeCell").count()
    group = page.get_by_role("group", name=CAPTION)
    word = group.get_by_label("Word")
    shown = group.get_by_role("status")
    assert "row-trained" in shown.inner_text()

    def type_(text):
        word.focus()  # selects what is there
        page.keyboard.type(text)
        page.keyboard.press("Enter")

    type_("word7999")
    shown.get_by_text("word7999-trained").wait_for()
    type_("kernal")
    shown.get_by_text("'kernal' is not one of the 8,008 that are known").wait_for()
    assert "Close to it: kernel, kernels." in shown.inner_text()
    assert shown.locator("table").count() == 0
    type_("mean")
    shown.get_by_text("ZeroDivisionError: no <mean> here").wait_for()
    assert "neighbours failed for Word: mean, Vectors: trained." in shown.inner_text()
    assert page.locator(".jp-OutputArea").get_by_text("Traceback").count() == 0

    # The list that the browser offers is short, and what is picked from it counts at once.
    word.focus()
    page.keyboard.type("kern")
    offered = group.locator("datalist option").evaluate_all("all => all.map(o => o.value)")
    assert offered == ["kernel", "kernels"]
    word.evaluate("i => { i.value = 'kernel'; i.dispatchEvent(new Event('input')); }")
    shown.get_by_text("kernel-trained").wait_for()

    # Arrows and letters belong to the control, not to the notebook.
    group.get_by_label("trained", exact=True).focus()
    page.keyboard.press("ArrowRight")
    shown.get_by_text("kernel-untrained").wait_for()
    assert page.locator(".jp-CodeCell").count() == cells
    assert not barriers(page, ".control")

    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    path = next(folder.glob("*.ipynb"))
    wait_for(lambda: nbformat.read(path, as_version=4).cells[0].get("outputs"))
    outputs = nbformat.read(path, as_version=4).cells[0].outputs
    assert outputs[0].data["text/html"].count("<details") == 4, "for readers without a kernel"
    assert "run this cell again" in outputs[1].data["text/html"]
    page.reload()  # the kernel goes on, and with it what was chosen
    group.get_by_text("kernel-untrained").wait_for()
    assert word.input_value() == "kernel"
