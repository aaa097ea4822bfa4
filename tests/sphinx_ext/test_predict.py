"""What a reader expects is said with a click and kept on the device; it takes no script to read."""

import pytest

from embeddings_course.book_build.build import BookError
from embeddings_course.book_build.page_notebooks import plain_markdown
from helpers.browser import barriers
from helpers.refusals import raises
from helpers.repository import ROOT

BLOCK = "```{predict}\nIs `2` & 4 even?\n\n- yes & always\n- no\n```\n"


def page(small_book, name, *blocks):
    path = small_book.root / "book" / f"{name}.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(blocks), encoding="utf-8")


def test_an_answer_is_shown_kept_and_taken_back_by_mouse_and_keyboard(small_book, browser, tab):
    page(small_book, "one", BLOCK)
    small_book.render()
    address = (small_book.html / "book" / "one.html").as_uri()
    tab.goto(address)
    yes, no = tab.locator(".predict button").all()
    said = tab.locator(".predict-said")
    assert yes.inner_text() == "yes & always" and said.inner_text() == ""
    yes.click()
    assert "You said: yes & always." in said.inner_text()
    tab.reload()
    assert "You said: yes & always." in said.inner_text()
    assert yes.get_attribute("aria-pressed") == "true"
    no.focus()
    tab.keyboard.press("Enter")
    assert "You said: no." in said.inner_text()
    assert yes.get_attribute("aria-pressed") == "false"
    assert not barriers(tab, ".predict")
    tab.keyboard.press("Space")
    assert said.inner_text() == ""
    assert not tab.wrong
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(address)
    assert plain.locator(".predict").inner_text().strip() == "Is 2 & 4 even?"
    plain.context.close()


@pytest.mark.parametrize("answers", ["", "- only one", "- a\n- b\n- c\n- d\n- e"])
def test_a_question_without_two_to_four_answers_stops_the_build(small_book, answers):
    page(small_book, "one", f"```{{predict}}\nWhat?\n\n{answers}\n```\n")
    with raises(BookError, "book-warnings", "predict needs a question"):
        small_book.render()


def test_a_notebook_has_the_question_and_its_answers():
    made = plain_markdown(BLOCK, ROOT / "book" / "why.md")
    assert made.startswith("*Is `2` & 4 even?*\n\n- yes & always\n- no")
