"""Tables of results are rounded, escaped and marked, and refuse what cannot be right."""

import doctest

import numpy as np
import pytest

from embeddings_course import tables
from embeddings_course.tables import result_table
from embeddings_course.uncertainty import Interval
from helpers.browser import PHONE, barriers
from helpers.refusals import raises
from helpers.repository import ROOT


def lines(table):
    return [line.split() for line in repr(table).splitlines()]


def test_the_example_holds():
    assert doctest.testmod(tables).attempted
    assert not doctest.testmod(tables).failed


def test_each_kind_of_value_is_written_in_its_way():
    row = {
        "number": 0.126,
        "whole": np.int64(12345),
        "share": 0.5,
        "seeds": [0.5, 0.7],
        "between": Interval(-0.5, -0.6, -0.4),
        "word": "cat",
        "same": np.bool_(True),
        "none": None,
    }
    table = result_table({"a": row}, caption="All", spec={"share": ".0%"})
    for text in (table._repr_html_().replace("<small>", ""), repr(table)):
        assert "0.13" in text and "12,345" in text and "50%" in text and "cat" in text
        assert "0.60 ± 0.10" in text and "(-0.60 to -0.40)" in text and "yes" in text
    assert "\u22120.50" in table._repr_html_()  # a minus, not a hyphen


@pytest.mark.parametrize(("spec", "shown"), [(".2f", "0.00"), ("+.1f", "+0.0"), (".0%", "0%")])
def test_nothing_is_never_minus_nothing(spec, shown):
    table = result_table({"a": {"x": -1e-9}, "b": {"x": [-1e-9, -1e-9]}}, caption="", spec=".2f")
    assert "-" not in repr(table)
    assert lines(result_table({"a": {"x": -1e-9}}, caption="c", spec=spec))[2] == ["a", shown]


def test_the_best_is_marked_by_a_sign_as_it_is_written_and_among_those_that_compete():
    rows = {"a": {"x": 0.501, "y": 3}, "b": {"x": 0.499, "y": 2}, "c": {"x": 0.3, "y": 1}}
    rows["truth"] = {"x": 0.9, "y": 0}
    table = result_table(rows, caption="c", highest=["x"], lowest=["y"], aside=["truth"])
    assert lines(table)[2:6] == [
        ["a", "*", "0.50", "3"], ["b", "*", "0.50", "2"], ["c", "0.30", "*", "1"],
        ["truth", "0.90", "0"],
    ]  # fmt: skip
    assert table._repr_html_().count('aria-label="best"') == 3
    level = {name: {"x": 0.5} for name in "ab"}
    assert "*" not in repr(result_table(level, caption="c", highest=["x"]))


def test_a_table_has_a_caption_and_headings_for_those_who_hear_it_and_no_markup_of_others():
    table = result_table({"<r>": {"<c>": "<v>", "n": 1}}, caption="<t>", corner="<k>")
    html = table._repr_html_()
    assert not any(f"<{letter}>" in html for letter in "rcvtk")
    assert html.count('<th scope="col"') == 3 and html.count('<th scope="row">') == 1
    assert "<caption>&lt;t&gt;" in html
    assert '<td class="words">' in html and html.count("words") == 2  # heading and cell


def test_rows_that_lack_a_column_stay_empty_there():
    table = result_table({"a": {"x": 1}, "b": {"y": 2}}, caption="c")
    assert "<td>1</td><td></td>" in table._repr_html_()


def test_tables_that_cannot_be_right_are_refused():
    with raises(ValueError, "table-without-rows"):
        result_table({}, caption="c")
    with raises(ValueError, "table-name-unknown", "'AUCC'", "AUC"):
        result_table({"a": {"AUC": 1.0}}, caption="c", highest=["AUCC"])
    with raises(ValueError, "table-value-not-finite", "nan"):
        result_table({"a": {"AUC": float("nan")}}, caption="c")
    with raises(ValueError, "measurement-not-finite"):
        result_table({"a": {"AUC": [0.5, float("nan")]}}, caption="c")


WIDE = """\
from embeddings_course.tables import show_table

columns = {f"measure number {n}": [0.5, 0.6 + n] for n in range(8)}
show_table({"one": columns, "other": {}}, caption="Eight measures", highest=["measure number 1"])
print("what follows is not held up")"""


def test_on_a_phone_a_wide_table_scrolls_inside_itself_and_the_keyboard_reaches_it(small_book, tab):
    css = small_book.root / "book" / "assets" / "course.css"
    css.write_text((ROOT / "book" / "assets" / "course.css").read_text("utf-8"), "utf-8")
    small_book.page("one", WIDE)
    small_book.render()
    tab.set_viewport_size(PHONE)
    tab.goto((small_book.html / "book" / "one.html").as_uri())
    around = tab.locator(".results")
    assert around.evaluate("e => e.scrollWidth > e.clientWidth + 100")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert around.get_attribute("tabindex") == "0"
    assert around.locator("caption").inner_text().startswith("Eight measures")
    assert "what follows" in tab.locator(".cell_output").inner_text()
    assert not barriers(tab, ".results")
    assert not tab.wrong
