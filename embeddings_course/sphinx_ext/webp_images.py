"""Sphinx extension: heavy pictures of pages go out as WebP.

Figures with photographs or noise in them are drawn as PNG, which keeps every pixel: one of them may
weigh more than the rest of the page. As WebP it looks the same and weighs a sixth. The notebooks
keep what was drawn.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms.images import BaseImageConverter

HEAVY = 100_000  # bytes
QUALITY = 85  # of 100, where text and thin lines in a figure stay sharp


class LighterPictures(BaseImageConverter):
    """Replaces heavy PNGs by WebP pictures of the same size."""

    default_priority = 210

    def match(self, node: nodes.image) -> bool:
        """Say whether this is a picture to replace."""
        path = Path(self.app.srcdir, node["uri"])
        return (
            self.app.builder.format == "html"
            and path.suffix == ".png"
            and path.is_file()
            and path.stat().st_size > HEAVY
        )

    def handle(self, node: nodes.image) -> None:
        """Write the lighter picture once, and make the page show it."""
        source = Path(self.app.srcdir, node["uri"])
        target = Path(self.imagedir, f"{source.stem}.webp")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(source) as picture:
                picture.save(target, quality=QUALITY, method=6)
        node["uri"] = str(target)
        node["candidates"] = {"*": str(target)}
        self.env.images.add_file(self.env.docname, str(target))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LighterPictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
