"""Pack the photographs that students of photo-search do not get, for its hidden test.

    python source/hidden_photographs.py CALTECH101 > hidden.txt

CALTECH101 holds class folders of image files, as for ``embeddings_course.data.select_goods``. Of
each kind of goods those come first whose ``SHA-256("class/file name")`` is smallest and that are
not among the goods, nor nearly the same as one of these. Kinds with too few left are passed over.
They are scaled to 96 pixels along the short side and saved as JPEG files, all in one text.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

from PIL import Image

from embeddings_course.data import goods
from embeddings_course.data.select_goods import ALIKE, KINDS, SHORT_SIDE, likeness, thumbnail

PER_KIND = 5
LINE = 96  # characters


def unlike(caltech101: Path, kind: str, given: set[str]) -> list[Path]:
    """Return the files of a kind that are not among the goods, the first ones by their digest."""
    paths = {f"{kind}/{path.stem}": path for path in sorted((caltech101 / kind).glob("*.jpg"))}
    small = {name: thumbnail(Image.open(path)) for name, path in paths.items()}
    taken = [name for name in paths if name in given]
    free: list[str] = []
    for name in sorted(
        set(paths) - given, key=lambda name: hashlib.sha256(f"{name}.jpg".encode()).hexdigest()
    ):
        if all(likeness(small[name], small[other]) < ALIKE for other in (*taken, *free)):
            free.append(name)
    return [paths[name] for name in free[:PER_KIND]]


def jpeg(path: Path) -> bytes:
    """Return a small copy of a photograph."""
    with Image.open(path) as image:
        scale = SHORT_SIDE / min(image.size)
        edges = [max(SHORT_SIDE, round(scale * edge)) for edge in image.size]
        small = image.convert("RGB").resize(edges, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=70, optimize=True)
    return file.getvalue()


def packed(caltech101: Path) -> str:
    """Return all of them as one text: JSON of lists of JPEG files by kind, each in base64."""
    given = set(goods.load().ids)
    found = {kind: unlike(caltech101, kind, given) for kind in KINDS}
    files = {
        kind: [base64.b64encode(jpeg(path)).decode() for path in paths]
        for kind, paths in found.items()
        if len(paths) == PER_KIND
    }
    text = json.dumps(files, separators=(",", ":"))
    return "\n".join(text[start : start + LINE] for start in range(0, len(text), LINE))


if __name__ == "__main__":
    print(packed(Path(sys.argv[1])))
