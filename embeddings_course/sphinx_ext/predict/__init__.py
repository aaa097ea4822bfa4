"""Sphinx extension: the directive ``{predict}``, a question to answer before the result shows.

Its body is a question and a list of two to four answers::

    ```{predict}
    What will the very first loss be?

    - zero
    - that of a coin toss
    ```

A click says what the reader expects, and the line below says so while they read on. It is kept in
this browser and counts for nothing. Without a script, the page has the question alone.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from embeddings_course.sphinx_ext._page_assets import load_where_needed

ASSETS = Path(__file__).parent / "assets"


class Predict(SphinxDirective):
    """A question with answers that can be chosen."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the question, and the buttons that a script shows."""
        parsed = nodes.container(classes=["predict"])
        self.state.nested_parse(self.content, self.content_offset, parsed)
        *asked, answers = parsed.children or [nodes.paragraph()]
        if (
            len(asked) != 1
            or not isinstance(asked[0], nodes.paragraph)
            or not isinstance(answers, nodes.bullet_list)
            or not 2 <= len(answers) <= 4
        ):
            raise self.error(
                "predict needs a question, and below it a list of two to four answers."
            )
        question = nodes.emphasis("", "", *asked[0].children)
        key = f"{self.env.docname.rpartition('/')[2]}/{nodes.make_id(question.astext())[:60]}"
        buttons = "".join(
            f'<button type="button" aria-pressed="false">{escape(item.astext())}</button>'
            for item in answers
        )
        parsed.children = []
        parsed += nodes.paragraph("", "", question)
        parsed += nodes.raw(
            "",
            f'<div class="predict-answers" role="group" aria-label="What you expect" hidden '
            f'data-key="{escape(key)}">{buttons}</div><p class="predict-said" role="status"></p>',
            format="html",
        )
        return [parsed]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("predict", Predict)
    load_where_needed(app, ASSETS, "predict", 'class="predict-answers"')
    return {"parallel_read_safe": True, "parallel_write_safe": True}
