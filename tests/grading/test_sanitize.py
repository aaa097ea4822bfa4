"""What is left of what students wrote and displayed, and that what is data stays as it was."""

import base64

import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from embeddings_course._shared.formulas import to_mathml
from embeddings_course.grading.preprocessors.sanitize import (
    LEFT_OUT,
    Sanitize,
    clean_html,
    clean_markdown,
)
from grading.cases import opening
from helpers.refusals import raises

ATTACHED = {"a.png": {"image/png": opening.PIXEL}}
HARMLESS = [
    "*As* measured: a < b, b > c, a & b, `x<y>` and $x < y$.",
    "> quoted\n\n- [x] done\n- [ ] not\n\n1. one\n2. two",
    "```python\nprint('<b>' < '&lt;')\n```\n\n    <script>as code</script>",
    "| model | recall |\n| :-- | --: |\n| a | 0.3 |",
    "$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$",
    "# A heading\n\nText\\\nand more  \nof it, Ünïcödé.",
    "![a plot](attachment:a.png) and ![another](my plot.png)",
    f"![pasted](data:image/png;base64,{opening.PIXEL})",
]


def rendered(source):
    renderer = IPythonRenderer(escape=False, attachments=ATTACHED)
    return MarkdownWithMath(renderer=renderer).render(source)


def displayed(data, metadata=None):
    cell = new_code_cell("1", outputs=[new_output("display_data", data, metadata=metadata or {})])
    cleaned, _ = Sanitize().preprocess(new_notebook(cells=[cell]), {})
    (output,) = cleaned.cells[0].outputs
    assert output.metadata == {}
    return output.data


@pytest.mark.parametrize("source", HARMLESS)
def test_an_answer_without_html_and_links_stays_as_it_was_typed(source):
    assert clean_markdown(source, ATTACHED) == source


@pytest.mark.parametrize("source", [*opening.HTML.values(), *opening.MARKDOWN.values()])
def test_nothing_is_left_of_a_route_but_text(source):
    html = rendered(clean_markdown(f"before\n\n{source.format('act()')}\n\nafter"))
    assert "before" in html and "after" in html
    for sign in ("<script", "<img src", "<a ", "<iframe", "<svg", "<form", "<style", "<button"):
        assert sign not in html.lower()


@pytest.mark.parametrize(
    "source",
    [
        "a [link](https://example.org/x?a=1&b=2)",
        "a<br>b <sub>c</sub> <img src=x onerror=act()> d",
        "\n\n".join([*opening.HTML.values(), *opening.MARKDOWN.values()]),
        "<b>" * 10_000,
        "\\begin{a}" * 10_000,
        "x" * 30_000,
        "<div>" * 400 + "deep",
        "a\x00b <b>\ud800</b>",
    ],
)
def test_what_is_sanitized_again_does_not_change(source):
    once = clean_markdown(source)
    assert clean_markdown(once) == once
    assert len(once) < 150_000


def test_html_that_means_text_keeps_its_meaning():
    html = rendered(clean_markdown("H<sub>2</sub>O, <b onclick=act()>bold</b>, List<int>"))
    assert "H<sub>2</sub>O" in html and "<b>bold</b>" in html
    assert "List&#60;int&#62;" in html, "what is not an element of HTML is text"


def test_a_link_shows_its_address_and_cannot_be_clicked():
    html = rendered(clean_markdown("[my data](/formgrader?path=/tmp) https://example.org"))
    assert "<a " not in html
    assert "my data &#40;&#47;formgrader&#63;path&#61;&#47;tmp&#41;" in html


def test_a_formula_neither_links_nor_loads_nor_styles():
    for command in (r"\href{http://x}", r"\require{x}", r"\class{a}", r"\style{color:red}"):
        assert "\\" not in clean_markdown(f"${command}{{y}}$")
        assert command not in displayed({"text/latex": f"${command}{{y}}$"})["text/latex"]
    assert displayed({"text/latex": "$\\styled{x}$"}) == {"text/latex": "$\\styled{x}$"}


@pytest.mark.parametrize(
    "tex", [r"\texttt{<menu/>}", r"\tag{<meta/>}", r"\style{color:red}{x}", r"\class{a}{x}"]
)
def test_mathml_holds_no_element_of_html_and_no_style(tex):
    with raises(ValueError, "formula-foreign-element"):
        to_mathml(tex, block=False)


def test_a_table_survives_and_nothing_around_it():
    data = displayed(
        {
            "text/html": "<div style='position:fixed'><style>td { color: red }</style>"
            "<script>act()</script><table border=1 class=x onclick=act()><thead><tr><th colspan=2>a"
            "</th></tr></thead><tr><td rowspan=2 style=x>1 &lt; 2</td><td><img src=x onerror=act()>"
            "</td></tr></table><p>2 rows</p></div>",
            "text/plain": "as text",
        }
    )
    assert data["text/html"] == (
        '<table border="1"><thead><tr><th colspan="2">a</th></tr></thead><tr>'
        '<td rowspan="2">1 &lt; 2</td><td></td></tr></table><p>2 rows</p>'
    )
    assert clean_html(data["text/html"]) == data["text/html"], "as nbconvert's filter, too"


def test_html_without_a_table_gives_way_to_text():
    assert displayed({"text/html": "<b>x</b>", "text/plain": "x = 1"}) == {"text/plain": "x = 1"}
    shown = displayed({"text/html": "<b>x</b>", "text/plain": "<IPython.core.display.HTML object>"})
    assert shown["text/html"] == "<b>x</b>", "where there is no other form"
    script = {"text/html": "<script>act()</script>", "text/plain": "<IPython.core.display.HTML o>"}
    assert set(displayed(script)) == {"text/plain"}


@pytest.mark.parametrize(
    "data",
    [
        {"application/javascript": "act()"},
        {"image/svg+xml": "<svg onload=act()>"},
        {"text/vnd.mermaid": "x"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}},
        {"image/png": 'aaaa" onload="act()'},
        {"text/html": "<script>act()</script>"},
        {"application/json": {"a": 1}},
        {},
    ],
)
def test_what_is_no_data_is_named_as_left_out(data):
    assert displayed(data) == {"text/plain": LEFT_OUT}


def test_pictures_stay():
    jpeg = base64.b64encode(b"\xff\xd8\xff").decode()
    pictures = {"image/png": f"{opening.PIXEL}\n", "image/jpeg": jpeg, "text/plain": "<Figure>"}
    assert displayed(pictures, {"image/png": {"width": "1 onload=act()"}}) == pictures


def test_of_a_notebook_marks_language_and_texts_stay():
    marks = {"grade_id": "a", "grade": True, "solution": True, "locked": False, "points": 2}
    marks |= {"schema_version": 3, "task": False}
    answer = new_markdown_cell("I <b>measured</b> it. ![](attachment:b.svg)")
    answer.metadata = {"nbgrader": marks | {"comment": "<script>"}, "tags": ["x hidden"]}
    answer.attachments = {"b.svg": {"image/svg+xml": "x"}, **ATTACHED}
    raw = new_raw_cell("<script>act()</script>", metadata={"raw_mimetype": "text/html"})
    wrong = new_code_cell("1", metadata={"nbgrader": {"grade_id": '"><script>'}})
    notebook = new_notebook(cells=[answer, raw, wrong])
    notebook.metadata = {
        "widgets": {"application/vnd.jupyter.widget-state+json": {}},
        "title": "</title>",
        "kernelspec": {"name": "python3", "display_name": "Python 3", "more": {}},
        "language_info": {"name": "python"},
    }
    cleaned, _ = Sanitize().preprocess(notebook, {})
    assert cleaned.metadata == {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    answer, raw, wrong = cleaned.cells
    assert answer.metadata == {"nbgrader": marks}
    assert "attachments" not in answer, "none of them is shown"
    assert raw.source == "&lt;script&gt;act()&lt;/script&gt;" and raw.metadata == {}
    assert wrong.metadata == {}
