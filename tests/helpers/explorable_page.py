"""A page with one explorable and what it needs, as a book of another theme has it."""

from embeddings_course.explorables.explorable import ASSETS, Explorable


def explorable_page(explorable: Explorable) -> str:
    """Return the whole HTML."""
    scripts = "".join(
        f"<script src='{(ASSETS / f'{name}.js').as_uri()}'></script>"
        for name in ("explorable", explorable.name)
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Page</title>"
        "<meta name=viewport content='width=device-width'>"
        "<style>:root { background: Canvas; color-scheme: light dark }</style>"
        f"<link rel=stylesheet href='{(ASSETS / 'explorable.css').as_uri()}'>{scripts}"
        "<script>if (matchMedia('(prefers-color-scheme: dark)').matches) "
        "document.documentElement.dataset.theme = 'dark'</script>"
        f"<main><h1>Page</h1>{explorable.html()}</main>"
    )
