"""The book as one document for paper: what it consists of, and what leads where in it."""

import re

import pytest
from bs4 import BeautifulSoup

from embeddings_course.book_build.build import BookError
from embeddings_course.book_build.one_document import Chapter, chosen_chapters, compose
from embeddings_course.book_build.pdf import print_book
from embeddings_course.quiz.question_files import load_questions
from embeddings_course.quiz.rendering import practice_html
from helpers.refusals import raises
from helpers.repository import ROOT

QUESTIONS = """\
questions:
  - id: one
    claim: some-claim
    level: recall
    kind: single
    stem: Which is even?
    choices:
      - {text: two, correct: true, feedback: Twice one.}
      - {text: three, feedback: Twice one and a half.}
  - id: number
    claim: some-claim
    level: apply
    kind: numeric
    stem: How many bytes have {{rows}} numbers?
    variables: {rows: [10, 20]}
    answer: rows * 4
    tolerance: 1%
    feedback: Four for each of {{rows}}.
    mistakes: [{answer: rows, feedback: That counts numbers.}]
"""

FIRST = """\
<section id="first"><h1>First<a class="headerlink" href="#first">#</a></h1>
<h2 id="part">A part</h2>
<p>See <a href="second.html#place">the place</a>, <a href="#part">above</a>, the
<a href="glossary.html#term-cosine">cosine</a>, <a href="teaching.html">teaching</a> and
<a href="https://example.org/">a host</a>.</p>
<div class="predict"><p>How far?</p><div class="predict-answers" hidden><button>near</button>
<button>far</button></div></div>
<div class="cell"><details class="code-fold"><summary>Code: measure</summary>
<div class="highlight"><pre>measure(folded)</pre></div></details></div>
<div class="control-states"><details open><summary>k = 1</summary>state one</details>
<details><summary>k = 2</summary>state two</details></div>
<div class="explorable"><div class="explorable-stage">move me</div>
<div class="explorable-fallback">A picture of it</div></div>
<img src="../_images/one.png" alt="One"><svg><defs><path id="dot"></path></defs>
<use xlink:href="#dot"></use><g clip-path="url(#dot)"></g></svg>
<script>alert(1)</script>{quiz}</section>
"""

SECOND = """\
<section id="second"><h1>Second</h1><p id="place">The place. <a href="first.html">Back</a></p>
<svg><path id="dot"></path></svg></section>
"""

GLOSSARY = '<section id="glossary"><h1>Glossary</h1><p id="term-cosine">An angle.</p></section>'

PAGE = """\
<html><head><link rel="stylesheet" href="../_static/course.css?v=1"></head>
<body><nav>Navigation</nav><article class="bd-article">{}</article><footer>Foot</footer>
</body></html>
"""

TOC = """\
format: jb-book
root: book/index
parts:
  - caption: Chapters
    chapters: [{file: book/first}, {file: book/second}]
  - caption: Check
    chapters: [{file: book/glossary}]
  - caption: For instructors
    chapters: [{file: book/teaching}]
  - caption: About
    chapters: [{file: book/claims}, {file: book/credits}]
"""


@pytest.fixture
def built(tmp_path):
    """A built book of a few pages, without Sphinx."""
    (tmp_path / "questions.yml").write_text(QUESTIONS, encoding="utf-8")
    quiz = practice_html("first", load_questions(tmp_path / "questions.yml").questions)
    html = tmp_path / "_build" / "html"
    (tmp_path / "book").mkdir()
    (html / "book").mkdir(parents=True)
    (html / "index.html").touch()
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "_config.yml").write_text("title: A book\nauthor: Somebody\n", encoding="utf-8")
    pages = {"first": FIRST.replace("{quiz}", quiz), "second": SECOND, "glossary": GLOSSARY}
    pages |= {
        name: f"<h1>{name.title()}</h1>" for name in ("index", "teaching", "claims", "credits")
    }
    for name, text in pages.items():
        (tmp_path / "book" / f"{name}.md").touch()
        (html / "book" / f"{name}.html").write_text(PAGE.format(text), encoding="utf-8")
    return tmp_path


def composed(built, **options):
    return compose(
        built / "_build" / "html", chosen_chapters(built), title="A book", about=(), **options
    )


def soup_of(document, pages=None):
    return BeautifulSoup(document.html(pages or {}), "html.parser")


def test_chapters_up_to_the_glossary_and_the_credits_are_printed_or_everything(built):
    names = [each.name.removeprefix("book/") for each in chosen_chapters(built)]
    assert names == ["index", "first", "second", "glossary", "credits"]
    everything = [each.name for each in chosen_chapters(built, everything=True)]
    assert {*everything} >= {"book/teaching", "book/claims"}


def test_of_this_book_all_that_teaches_is_printed_and_nothing_of_the_reference():
    names = [each.name.removeprefix("book/") for each in chosen_chapters(ROOT)]
    assert {"why", "training", "knowledge-check", "key-insights", "glossary", "credits"} <= {*names}
    assert not [name for name in names if name.startswith("reference/") or name == "teaching"]
    assert len(names) == len({*names})


def test_every_id_is_there_once_and_every_link_leads_to_one(built):
    soup = soup_of(composed(built))
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len({*ids}) > 8
    links = [tag["href"] for tag in soup.find_all("a")]
    inside = [link[1:] for link in links if link.startswith("#")]
    assert {*inside} <= {*ids}
    assert {"second:place", "first:part", "glossary:term-cosine", "first"} <= {*inside}
    assert [link for link in links if not link.startswith("#")] == ["https://example.org/"]
    assert "teaching" in soup.get_text(), "the words of a link to a page that is not printed stay"
    assert soup.find("use")["xlink:href"] == "#first:dot"
    assert soup.find("g")["clip-path"] == "url(#first:dot)"


def test_links_between_chapters_say_the_page_and_terms_do_not(built):
    document = composed(built)
    text = " ".join(soup_of(document, {"second:place": 12, "first": 3}).get_text().split())
    assert re.search(r"See the place \(p\.\s12\), above, the cosine,", text)
    assert re.search(r"Back \(p\.\s3\)", text)
    assert "First3" in text, "the table of contents has page numbers"
    assert "000" in document.html({}), "as wide as a number, as long as there is none"


def test_what_answers_to_a_hand_is_printed_as_it_is_without_a_script(built):
    soup = soup_of(composed(built))
    text = soup.get_text()
    assert "A picture of it" in text and "move me" not in text
    assert "state one" in text and "state two" not in text
    assert [li.get_text() for li in soup.select(".predict li")] == ["near", "far"]
    assert not soup.find(["script", "button", "input", "nav", "footer"])
    picture = built / "_build" / "html" / "_images" / "one.png"
    assert soup.find("img")["src"] == picture.as_uri()
    sheets = [link["href"] for link in soup.find_all("link")]
    assert sheets == [(built / "_build" / "html" / "_static" / "course.css").as_uri() + "?v=1"]


def test_folded_code_is_one_line_or_all_of_it(built):
    soup = soup_of(composed(built))
    assert soup.select_one(".printed-fold").get_text() == "Code: measure"
    assert "measure(folded)" not in soup.get_text()
    assert "measure(folded)" in soup_of(composed(built, code=True)).get_text()


def test_questions_have_lettered_choices_and_their_answers_are_at_the_end(built):
    soup = soup_of(composed(built))
    chapter = soup.select_one(".in-first").get_text()
    letter = re.search(r"([ab])\) ?two", chapter)[1]
    assert "Twice one." not in chapter and "Answer and explanations" not in chapter
    assert len(re.findall(r"How many bytes have", chapter)) == 1, "one set of numbers"
    rows = int(re.search(r"have (\d+) numbers", chapter)[1])
    answers = " ".join(soup.select_one(".in-answers").get_text(" ").split())
    assert re.search(rf"{letter}\) two Twice one\.", answers)
    assert f"{rows * 4} Four for each of {rows}." in answers
    assert "That counts numbers" not in answers and "one and a half" not in answers


def test_parts_chapters_and_sections_are_what_bookmarks_are_made_of(built):
    headings = composed(built).headings()
    titles = ["A book", "Contents", "Index", "First", "Second", "Glossary", "Credits"]
    assert [each.title for each in headings] == [*titles, "Answers to the questions"]
    first = next(each for each in headings if each.title == "First")
    assert (first.part, first.sections) == ("Chapters", ("A part",))
    assert headings[-1].sections == ("First",)


def test_each_chapter_is_reported(built):
    said = []
    composed(built, report=said.append)
    assert said[1] == "2 of 5: First" and len(said) == 5


def test_missing_book_and_missing_page_are_said_in_a_sentence(built, tmp_path):
    with raises(BookError, "pdf-page-missing", "book/gone.html"):
        compose(built / "_build" / "html", [Chapter("book/gone", "")], title="", about=())
    (built / "_build" / "html" / "index.html").unlink()
    with raises(BookError, "pdf-no-book", "make book"):
        print_book(built, tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()
