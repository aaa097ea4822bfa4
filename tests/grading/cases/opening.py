"""What acts where a person opens it: in formgrader, in feedback, in the report of the class.

Each route says its name to ``ran`` if it runs, in a page of the notebook or in a frame of it. Two
things are named otherwise: ``tracker.invalid`` is a host that must not be asked for a picture, and
``HIDDEN`` tells a style that changes the page around it. The answers are right.
"""

from __future__ import annotations

import base64

import nbformat

from grading.hostile import FULL, case

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ran(name):
    """Return the script of a route; frames have the page that opened them above them."""
    return f"(top.ran=top.ran||[]).push('{name}')"


# HTML, as it is shown by an output or written into an answer.
HTML = {
    "script": "<script>{}</script>",
    "image": '<img src=x onerror="{}">',
    "slashes": '<img/src="x"/onerror="{}"//>',
    "upper case": '<IMG SRC=x ONERROR="{}">',
    "svg": '<svg onload="{}"></svg>',
    "svg script": "<svg><script>{}</script></svg>",
    "frame": '<iframe srcdoc="<script>{}</script>"></iframe>',
    "frame with an address": 'a <iframe src="javascript:{}"></iframe>',
    "object": '<object data="javascript:{}"></object>',
    "details": '<details open ontoggle="{}"><summary>a</summary>b</details>',
    "focus": '<input autofocus onfocus="{}">',
    "animation": '<style>@keyframes a{{}}</style><b style="animation:a 1s" onanimationstart="{}">a</b>',
    "link": '<a href="javascript:{}">a link</a>',
    "form": '<form action="javascript:{}"><button>a button</button></form>',
    "button": '<form><button formaction="javascript:{}">another</button></form>',
    "media": '<video><source onerror="{}"></video>',
    "noscript": '<noscript><p title="</noscript><img src=x onerror={}>">',
    "mathml": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    'onerror={}&gt;">',
    "comment": '<!--><img src=x onerror="{}">-->',
    "template": '<div><template shadowrootmode=open><img src=x onerror="{}"></template></div>',
}
REFRESH = '<meta http-equiv="refresh" content="0; url=http://tracker.invalid/gone">'
TRACKER = '<img src="http://tracker.invalid/{}.png">'
HIDDEN = (
    "<style>body, #notebook, .nbgrader_cell { display: none !important }</style>"
    '<div class="navbar-fixed-top" style="position:fixed;inset:0;background:white">Nothing.</div>'
)
# Markdown that is not HTML.
MARKDOWN = {
    "markdown link": "[here](javascript:{})",
    "markdown reference": "[there]\n\n[there]: <javascript:{}>",
    "markdown address": "<javascript:{}>",
    "markdown diagram": '```mermaid\n<img src=x onerror="{}">\n```',
    "markdown heading": '# A <img src=x onerror="{}">',
    "markdown table": '| a |\n| - |\n| <img src=x onerror="{}"> |',
}


def routes(place, texts):
    """Return texts that run, each under its own name."""
    return [text.format(ran(f"{place}-{name}".replace(" ", "-"))) for name, text in texts.items()]


def shows(it, code):
    """Add a first cell that displays something."""
    it.begin(f"from IPython.display import HTML, SVG, Javascript, Markdown, display\n{code}")


@case("an output holds scripts in HTML")
def scripts_in_html(it):
    texts = [*routes("html", HTML), REFRESH, TRACKER.format("output")]
    shows(it, f"for text in {texts!r}:\n    display(HTML(text))")


@case("an output holds a table with scripts in it")
def scripts_in_tables(it):
    texts = [f"<table><tr><td>a</td><td>{text}</td></tr>" for text in routes("table", HTML)]
    texts += [
        f'<table onmouseover="{ran("table")}" background="http://tracker.invalid/t.png" '
        f'style="position:fixed;inset:0">{HIDDEN}<tr><td>a</td></tr></table>'
    ]
    shows(it, f"for text in {texts!r}:\n    display(HTML(text))")


@case("outputs are scripts, drawings, widgets and Markdown")
def scripts_in_other_kinds(it):
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'><script>{ran('svg output')}</script></svg>"
    kinds = {
        "application/javascript": ran("javascript output"),
        "image/svg+xml": svg,
        "text/markdown": "\n\n".join(
            [*routes("output", MARKDOWN), *routes("markdown-output", HTML)]
        ),
        "text/latex": '$x$<img src=x onerror="{}">$\\href{{javascript:{}}}{{y}}$'.format(
            ran("latex"), ran("latex link")
        ),
        "text/vnd.mermaid": f'x<img src=x onerror="{ran("mermaid")}">',
        "application/vnd.jupyter.widget-view+json": {
            "model_id": f"<script>{ran('widget')}</script>"
        },
        "application/pdf": "JVBERi0=",
        f"text/<script>{ran('kind')}</script>": "x",
    }
    shows(it, f"for kind, data in {kinds!r}.items():\n    display({{kind: data}}, raw=True)")


@case("an output's settings hold scripts")
def scripts_in_settings(it):
    width = f"1 onload={ran('width')}"
    outputs = [
        ({"image/png": PIXEL}, {"image/png": {"width": width, "alt": width}}),
        ({"image/png": f'{PIXEL}"onload="{ran("data")}'}, {}),
        ({"text/html": f"<script>{ran('isolated')}</script>"}, {"text/html": {"isolated": True}}),
    ]
    shows(it, f"for data, settings in {outputs!r}:\n    display(data, raw=True, metadata=settings)")


@case("texts that are printed and errors look like HTML")
def scripts_in_texts(it):
    words = " ".join(routes("printed", HTML))
    it.begin(
        f"words = {words!r}\nprint(words)\nprint('\\x1b[38;2;1;2;\\\"><img src=x>m', words)\n"
        "raise type('E', (Exception,), {'__qualname__': words[:200]})(words)"
    )


@case("the answer in words holds scripts")
def scripts_in_an_answer(it):
    texts = [*routes("markdown", MARKDOWN), *routes("answer", HTML), REFRESH]
    texts += [TRACKER.format("answer"), "![a picture](http://tracker.invalid/markdown.png)"]
    texts += [
        "![a picture](/formgrader?path=tracker.invalid)",
        "<base href='http://tracker.invalid/'>",
    ]
    it.cell("why").source = "\n\n".join(texts)


@case("pictures that came with the answer are none")
def scripts_in_attachments(it):
    svg = base64.b64encode(
        f"<svg xmlns='http://www.w3.org/2000/svg'><script>{ran('attachment')}</script></svg>".encode()
    ).decode()
    it.cell("why").source = (
        "![a](attachment:a.svg) ![b](attachment:b.png) ![c](attachment:missing.png) "
        "[d](attachment:a.svg) I measured it."
    )
    it.cell("why").attachments = {
        "a.svg": {"image/svg+xml": svg},
        "b.png": {"image/png": f'x" onerror="{ran("attachment")}'},
    }


@case("other cells and their settings hold scripts")
def scripts_in_cells(it):
    cells = [
        nbformat.v4.new_markdown_cell("\n\n".join(routes("cell", HTML)), id="words"),
        nbformat.v4.new_raw_cell("\n".join(routes("raw", HTML)), id="raw"),
        nbformat.v4.new_code_cell("1", id="tags"),
    ]
    cells[1].metadata = {"raw_mimetype": "text/html", "format": "text/html"}
    cells[2].metadata = {"tags": [f'"><script>{ran("tag")}</script>', "x navbar-fixed-top hidden"]}
    it.notebook.cells += cells
    it.notebook.metadata["title"] = f"</title><script>{ran('title')}</script>"


@case("styles hide the page")
def hides_the_page(it):
    it.cell("why").source = f"I measured it.\n\n{HIDDEN}"
    shows(it, f"display(HTML({HIDDEN!r}))")


@case("the notebook was saved by Colab with widgets")
def widgets_of_colab(it):
    state = {"a1": {"model_name": "FloatProgressModel", "state": {}}}
    it.notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}


@case("pages and drawings lie beside the notebook", repaired=None, suspicious=None)
def pages_beside(it):
    it.folder.mkdir(parents=True, exist_ok=True)
    page = f"<script>{ran('beside')}</script>"
    for name in ("hw.html", "solution.html", "figure.svg"):
        (it.folder / name).write_text(page)
    (it.folder / "my plot.png").write_bytes(base64.b64decode(PIXEL))
    it.cell(
        "why"
    ).source = '![plotted](my%20plot.png) [see](solution.html) ![](figure.svg) <iframe src="solution.html"></iframe>'


@case("shows the inputs of hidden tests in other words")
def hidden_tests_in_other_words(it):
    it.answer(
        "double",
        "import base64\nfrom IPython.display import Markdown, display\n\n"
        "def double(x):\n"
        "    source = get_ipython().user_ns['In'][-1].encode()\n"
        "    print('LEAK', base64.b64encode(source).decode())\n"
        "    display(Markdown('LEAK ' + source.hex()))\n"
        "    return 2 * x",
    )


@case("shows a hidden test by an error of its own", score=FULL - 5)
def hidden_tests_in_an_error(it):
    it.answer(
        "double",
        "def double(x):\n"
        "    source = get_ipython().user_ns['In'][-1].encode()\n"
        "    raise ValueError('LEAK ' + source.hex())",
    )


@case("floods the notebook with errors")
def floods_with_errors(it):
    it.begin(
        "kernel = get_ipython().kernel\n"
        "for n in range(60):\n"
        "    content = {'ename': 'E', 'evalue': 'x', 'traceback': ['y' * 10_000] * 50}\n"
        "    kernel.session.send(\n"
        "        kernel.iopub_socket, 'error', content, parent=kernel.get_parent()\n    )"
    )


@case("floods the notebook with settings of outputs")
def floods_with_settings(it):
    it.begin(
        "from IPython.display import publish_display_data\n"
        "for n in range(5):\n"
        "    publish_display_data({'text/plain': 'x'}, metadata={'k': 'm' * 5_000_000})"
    )


@case("floods the notebook with updates")
def floods_with_updates(it):
    it.begin(
        "from IPython.display import display, update_display\n"
        "for n in range(20):\n"
        "    display({'text/plain': 'x'}, raw=True, display_id='a')\n"
        "update_display({'text/plain': 'x' * 5_000_000}, raw=True, display_id='a')"
    )
