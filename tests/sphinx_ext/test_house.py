"""The picture of the package's rooms: all of them, and who really imports whom."""

import re
from html import unescape
from pathlib import Path

import grimp
import pytest

from embeddings_course.sphinx_ext.house import House, read_house, svg
from embeddings_course.sphinx_ext.house.layout import rows_of
from helpers.refusals import raises
from helpers.repository import ROOT

PACKAGE = ROOT / "embeddings_course"
FORMER_NAMES = {"evaluate", "trained"}


def rooms_on_disk() -> set[str]:
    found = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    found |= {path.stem for path in PACKAGE.glob("*.py")}
    return found - FORMER_NAMES - {"__init__"}


def arrows(picture: str) -> set[tuple[str, str]]:
    """Arrows as they are drawn, with those that a thick lower edge stands for."""
    drawn = set()
    for source, target, rest in re.findall(r'data-from="(\w+)" data-to="(\w+)"([^>]*)', picture):
        drawn |= {(source, target)} | ({(target, source)} if "marker-start" in rest else set())
    foundations = re.findall(r'house-foundation" data-room="(\w+)"', picture)
    for room in re.findall(r'<g class="house-room" data-room="(\w+)">.*?</g>', picture):
        whole = re.search(rf'<g class="house-room" data-room="{room}">.*?</g>', picture)[0]
        drawn |= {(room, each) for each in foundations if "house-foot" in whole}
    return drawn


def boxes(picture: str) -> dict[str, tuple[float, float, float]]:
    """Left edge, top and width of each room."""
    pattern = r'data-room="(\w+)">(?:<path[^>]*>)*<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"'
    return {name: tuple(map(float, at)) for name, *at in re.findall(pattern, picture)}


@pytest.fixture(scope="module")
def page(html):
    return (html / "book" / "house.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def picture():
    return svg(read_house(ROOT))


def test_each_room_is_in_the_picture_and_in_the_table_of_the_page(page):
    assert set(re.findall(r'data-room="(\w+)"', page)) == rooms_on_disk()
    plain = re.sub(r"<[^>]+>", "", page[page.index('id="who-imports-whom"') :])
    for room in rooms_on_disk():
        assert room in plain, room


def test_arrows_are_the_imports_that_import_linter_sees(picture):
    graph = grimp.build_graph("embeddings_course", cache_dir=None)
    real = set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            ends = [name.split(".")[1] for name in (module, other) if "." in name]
            if len(set(ends)) == 2 and not FORMER_NAMES & set(ends):
                real.add(tuple(ends))
    assert arrows(picture) == real
    assert len(real) > 20


def test_the_alt_text_says_what_is_drawn(picture):
    text = unescape(re.search(r'aria-label="([^"]+)"', picture)[1])
    for room in rooms_on_disk():
        assert re.search(rf"\b{room}\b", text), room
    house = read_house(ROOT)
    for room in house.rooms:
        if house.imports[room]:
            assert f"{room} imports {', '.join(sorted(house.imports[room]))}" in text


def test_no_box_lies_on_another_one_or_outside(picture):
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture).groups())
    found = boxes(picture)
    assert set(found) == rooms_on_disk()
    for name, (x, y, wide) in found.items():
        assert x >= 0 and x + wide <= width and 0 <= y <= height - 30, name
        for other, (x2, y2, wide2) in found.items():
            assert name == other or y != y2 or x + wide < x2 or x2 + wide2 < x, (name, other)


def test_the_map_in_contributing_names_each_room():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    there = text.partition("<!-- map -->")[2].partition("<!-- end of map -->")[0]
    for room in rooms_on_disk() - {"__main__"}:
        assert re.search(rf"^\|[^|]*`{room}(?:/|\.py)`", there, re.MULTILINE), room


LAYERS = """\
[[tool.importlinter.contracts]]
type = "layers"
layers = ["cli", "build : check", "words : shared : text"]
"""


def small(root: Path, **files: str) -> Path:
    package = root / "embeddings_course"
    package.mkdir()
    (root / "pyproject.toml").write_text(LAYERS)
    code = {"build": "", "check": "", "words": "", "shared": "", "text": "", "cli": ""} | files
    for name, text in code.items():
        (package / f"{name}.py").write_text(f"A = 1\n{text}\n")
    return root


IMPORT = "from embeddings_course"


def test_imports_are_found_wherever_they_are(tmp_path):
    folder = f"import embeddings_course.words\ndef f():\n    {IMPORT} import text\n"
    house = read_house(small(tmp_path, cli=folder, build=f"{IMPORT}.shared import A"))
    assert house.imports["cli"] == {"words", "text"}
    assert house.imports["build"] == {"shared"}
    assert (house.entrances, house.tools) == (("cli",), ("build", "check"))


def test_a_room_that_the_layers_lack_is_an_error_and_a_former_name_is_not_a_room(tmp_path):
    root = small(tmp_path)
    former = root / "embeddings_course" / "old.py"
    former.write_text(f'"""Former."""\n\n{IMPORT}.text import A\n\n__all__ = ["A"]\n')
    assert "old" not in read_house(root).rooms
    former.write_text("A = 2\n")
    with raises(ValueError, "room-without-layer", "old"):
        read_house(root)


def house(**imports: str) -> House:
    every = {room: frozenset(others.split()) for room, others in imports.items()}
    rooms = [room for room in every if room not in ("cli", "build", "check", "grade")]
    tools = tuple(room for room in ("build", "check", "grade") if room in every)
    return House(("cli",), tools, tuple(rooms), every)


def test_rooms_are_above_what_they_import_and_those_in_a_circle_side_by_side():
    one = house(cli="build", build="check a", check="grade", grade="check b", a="b", b="", c="")
    rows = rows_of(one)
    row = {room: n for n, rooms in enumerate(rows) for room in rooms}
    assert row["cli"] < row["build"] < row["check"] == row["grade"] < row["a"] < row["b"]
    assert arrows(svg(one)) == {(a, b) for a in one.rooms for b in one.imports[a]}


def test_what_most_rooms_import_is_drawn_below_all_and_marked_instead_of_with_arrows():
    one = house(cli="base", build="base", check="base a", a="base", b="", base="")
    assert one.foundations == ("base",)
    assert arrows(svg(one)) == {(a, b) for a in one.rooms for b in one.imports[a]}
    assert svg(one).count("house-arrow") == 1


def test_a_house_without_any_arrow_is_drawn():
    assert set(boxes(svg(house(cli="", build="", a="", b="")))) == {"cli", "build", "a", "b"}
