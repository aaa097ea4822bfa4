"""Works that pages cite stand in the bibliography, and what stands there is used."""

import re
import unicodedata

from helpers.repository import ROOT

BOOK = ROOT / "book"
_CITED = re.compile(r"\(([A-Z][^()]*?(?:19|20)\d\d[^()]*)\)")
_ENTRY = re.compile(
    r"@\w+\{(?P<key>\w+), author = \{(?P<author>.*?)\}, title.*year = \{(?P<year>\d+)\}"
)


def plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", re.sub(r"\\[\"'`^~]|[{}]", "", name))
    return re.sub(r"[^a-z]", "", letters.lower())


def bibliography():
    text = (BOOK / "references.bib").read_text(encoding="utf-8")
    entries = {
        m["key"]: (plain(m["author"].split(",")[0]), m["year"]) for m in _ENTRY.finditer(text)
    }
    assert len(entries) == text.count("@")
    return entries


def citations():
    """(page, first author, year) of each citation in running text."""
    for path in sorted([*BOOK.glob("*.md"), *BOOK.glob("quizzes/*.yml")]):
        text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        text = " ".join(re.sub(r"`[^`]*`", "", text).split())
        for whole in _CITED.findall(text):
            for part in whole.split(";"):
                author = re.split(r" et al| and |,", part.strip())[0]
                for year in re.findall(r"\b(?:19|20)\d\d\b", part):
                    yield path.name, plain(author), year


def test_each_work_that_a_page_cites_is_in_the_bibliography():
    known = set(bibliography().values())
    found = list(citations())
    assert len(found) > 15
    missing = [entry for entry in found if entry[1:] not in known]
    assert not missing


def test_each_entry_of_the_bibliography_is_cited_or_named_on_the_page_resources():
    cited = {entry[1:] for entry in citations()}
    named = set(re.findall(r"\{cite:\w\}`(\w+)`", (BOOK / "resources.md").read_text("utf-8")))
    others = [
        key for key, entry in bibliography().items() if entry not in cited and key not in named
    ]
    assert named <= bibliography().keys()
    # Named with its authors on a page that uses it: credits.
    assert set(others) <= {"krizhevsky2009"}
