"""Pages of a class in one zip for Moodle, and in one for Canvas, named as each of them asks."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.whole_file import writing_whole
from embeddings_course.grading.lms.platform_names import PlatformNames

# The pages say when they were written; so zips of the same pages are the same.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
MOODLE, CANVAS = "Moodle", "Canvas"


@dataclass(frozen=True)
class Zip:
    """A zip that was written: where, how large, and whose pages are in it."""

    platform: str
    path: Path
    students: tuple[str, ...]
    size: int


def write_zips(
    pages: Mapping[str, Sequence[Path]], names: Mapping[str, PlatformNames], folder: Path, name: str
) -> list[Zip]:
    """Write a zip for each platform that any of the students' work came from.

    Parameters
    ----------
    pages : mapping of str to sequence of Path
        Each student's pages.
    names : mapping of str to PlatformNames
        What platforms call their work.
    folder : Path
        Gets ``NAME-feedback-moodle.zip`` and ``NAME-feedback-canvas.zip``. One that no page
        belongs into is removed, as it would be of an earlier time.
    name : str
        The assignment.
    """
    written = []
    for platform, members in (
        (MOODLE, for_moodle(pages, names)),
        (CANVAS, for_canvas(pages, names)),
    ):
        path = folder / f"{name}-feedback-{platform.lower()}.zip"
        if not members:
            path.unlink(missing_ok=True)
            continue
        with writing_whole(path) as file, zipfile.ZipFile(file, "w") as archive:
            for member, (_, page) in sorted(members.items()):
                info = zipfile.ZipInfo(member, _ZIP_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, page.read_bytes())
        students = tuple(sorted({student for student, _ in members.values()}))
        written.append(Zip(platform, path, students, path.stat().st_size))
    return written


def for_moodle(
    pages: Mapping[str, Sequence[Path]], names: Mapping[str, PlatformNames]
) -> dict[str, tuple[str, Path]]:
    """Return whose page goes where in Moodle's zip.

    Moodle reads the number from the folder's name. Members of a team have one folder: their pages
    have their ids in the names there.
    """
    folders = {who: names[who].moodle for who in pages if who in names and names[who].moodle}
    shared = Counter(folders.values())
    return {
        f"{folder}/{page.stem}{f'-{who}' if shared[folder] > 1 else ''}{page.suffix}": (who, page)
        for who, folder in folders.items()
        for page in pages[who]
    }


def for_canvas(
    pages: Mapping[str, Sequence[Path]], names: Mapping[str, PlatformNames]
) -> dict[str, tuple[str, Path]]:
    """Return whose page goes where in Canvas' zip.

    Canvas reads its numbers from the name of the file: that of the notebook which was handed in,
    with the page's own ending.
    """
    members: dict[str, tuple[str, Path]] = {}
    for who, own in pages.items():
        given = names[who].canvas if who in names else {}
        notebooks = [name for place, name in given.items() if place.endswith(".ipynb")]
        for page in own:
            name = given.get(f"{page.stem}.ipynb") or next(iter(notebooks or given.values()), "")
            if name:
                member = f"{name.rpartition('.')[0] or name}{page.suffix}"
                members.setdefault(member, (who, page))
    return members
