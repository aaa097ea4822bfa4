"""Every page of the book, opened once per screen; what was seen there is kept as data.

Opening a page and looking for barriers takes seconds, asserting takes nothing: so a page is opened
once for all tests, and not at all if it has been seen before with nothing wrong, and is the same
since. The same is what it consists of: the page, but for ids that differ from build to build, and
every file that it loaded. What was wrong is never kept.
"""

import hashlib
import inspect
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.base import AXE_SCRIPT

from helpers.browser import CODE, COLOURS, DESKTOP, PHONE, barriers, listen
from helpers.built_book import alike, pages
from helpers.repository import ROOT

STORE = ROOT / "_build" / "work" / "seen.json"

# A window of 1280 pixels at 200 % zoom has 640 of them, each drawn with two.
ZOOMED = {"width": 640, "height": 450}
NARROWEST = {"width": 320, "height": 640}  # of WCAG 2.1, 1.4.10


@dataclass(frozen=True)
class Screen:
    """A window, and the looks for barriers there.

    Light pages are checked by all of axe-core's rules on every screen. Not only those about sizes,
    scrolling and overlap depend on the layout: every rule passes over what is hidden, and what a
    style sheet shows on a phone only (the buttons for both sidebars) is hidden on a desktop. Rules
    about the document alone, such as its language, cannot differ, and take no time.

    The scheme changes colours and nothing else, so dark pages are checked for these.

    `unanswered` and `answered` are the schemes of looks at the page as it opens, and once its quiz
    is answered. A second look, the page being the same, is at the quiz only.
    """

    size: dict[str, int]
    scale: int = 1
    unanswered: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()

    def looks(self, quiz: bool) -> set[str]:
        """Return the looks at a page, by name."""
        answered = self.answered if quiz or not self.unanswered else ()
        return {*self.unanswered, *(f"{scheme}, answered" for scheme in answered)}


BOTH = ("light", "dark")
SCREENS = {
    "desktop": Screen(DESKTOP, unanswered=BOTH, answered=BOTH),
    "phone": Screen(PHONE, scale=2, answered=BOTH),
    # A phone's colours, and its layout: questions that nobody has answered are looked at here.
    "zoom": Screen(ZOOMED, scale=2, unanswered=("light",)),
    "narrowest": Screen(NARROWEST),  # only whether it scrolls sideways
}

MEASURE = """() => ({
    broken: [...document.images].filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src),
    bare: [...document.querySelectorAll("article img")].filter((i) =>
        !(i.alt || "").trim() || /^(_images|\\.\\.)/.test(i.alt)).map((i) => i.src),
    sideways: document.documentElement.scrollWidth - innerWidth,
    questions: [...document.querySelectorAll(".quiz-question")].map((q) => q.dataset.id),
    keys: [...document.querySelectorAll(".quiz-key a")].map((a) => a.href),
})"""

LOAD = """async () => {
    document.querySelectorAll("img").forEach((i) => { i.loading = "eager"; });
    await Promise.all([...document.images].map((i) => i.decode().catch(() => {})));
}"""

# Every coloured word of code is an element, most elements of a page, and axe-core asks each of its
# rules about all of them, although these are left out and a test of their own looks at them.
PLAIN_CODE = """() => document.querySelectorAll(".highlight pre").forEach((code) => {
    code.textContent = code.textContent;
})"""

# Takes the last of the choices that exclude each other, and all of the others; counts what is said.
ANSWER = """() => {
    const forms = [...document.querySelectorAll(".quiz-form:not([hidden])")];
    forms.forEach((form) => {
        form.querySelectorAll("input:not([type=text])").forEach((i) => i.click());
        if (form.elements.number) form.elements.number.value = "1";
        form.requestSubmit();
        form.querySelector("details").open = true;
    });
    return forms.filter((form) => /right/i.test(form.querySelector(".quiz-status").innerText))
        .length;
}"""


@dataclass
class Seen:
    """What was seen of a page on one screen."""

    wrong: list[str] = field(default_factory=list)  # errors of scripts, requests to other hosts
    broken: list[str] = field(default_factory=list)  # pictures that did not load
    bare: list[str] = field(default_factory=list)  # pictures that do not say what they show
    sideways: int = 0  # pixels that are to the right of the window
    barriers: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)  # that the page consists of, itself included
    questions: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # addresses of the cells that answer questions
    answered: int = 0  # questions that said whether what was answered is right

    @property
    def fine(self) -> bool:
        """Whether no test could find anything in what was seen."""
        found = [self.wrong, self.broken, self.bare, *self.barriers.values()]
        return not any(found) and self.sideways <= 0


def same_page(page: str) -> str:
    """Return a page with its ids numbered by the order in which they come.

    Ids that differ from build to build do not matter, but whether two of them are the same does.
    """
    numbers: dict[str, str] = {}
    return alike(page, lambda found: numbers.setdefault(found[0], f"ID{len(numbers)}"))


def to_visit(html: Path) -> list[Path]:
    """Return every page, but of those that show code, all made in one way, the largest only."""
    found = pages(html)
    code = [path for path in found if "_modules" in path.parts]
    largest = sorted(code, key=lambda path: path.stat().st_size)[-1:]
    return [path for path in found if path not in code or path in largest]


def show(page, scheme: str) -> None:
    """Have the page light or dark, as the reader's system is."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)


def open_tab(browser, screen: Screen):
    """Open a tab for one page after the other, to each of which the reader is a new one.

    A context for each page would be safe without the script, and take a second more each time.
    """
    context = browser.new_context(viewport=screen.size, device_scale_factor=screen.scale)
    context.add_init_script("try { localStorage.clear(); sessionStorage.clear(); } catch {}")
    page = context.new_page()
    listen(page)
    return page


def look(page, path: Path, html: Path, screen: Screen) -> Seen:
    """Open a page of a book, look at it, answer its quiz, and look at that."""
    page.wrong = []
    loaded = set()

    def note(request):
        loaded.add(request.url)

    page.on("request", note)
    page.emulate_media(color_scheme="light")
    page.goto(path.as_uri())
    page.evaluate(PLAIN_CODE)
    found = {}
    for scheme in screen.unanswered:
        show(page, scheme)
        found[scheme] = barriers(page, **rules(scheme))
    show(page, "light")
    page.evaluate(LOAD)
    seen = Seen(wrong=page.wrong, barriers=found, **page.evaluate(MEASURE))
    looks = screen.looks(bool(seen.questions))
    if seen.questions and screen.answered:
        seen.answered = page.evaluate(ANSWER)
    for scheme in screen.answered:
        if (name := f"{scheme}, answered") in looks:
            show(page, scheme)
            within = ".quiz" if screen.unanswered else "html"
            found[name] = barriers(page, within, **rules(scheme))
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.evaluate(LOAD)
    at_the_end = page.evaluate(MEASURE)
    seen.broken = at_the_end["broken"]
    seen.sideways = max(seen.sideways, at_the_end["sideways"])
    book = f"{html.as_uri()}/"
    seen.keys = [address.removeprefix(book) for address in seen.keys]
    urls = {url.partition("#")[0].partition("?")[0] for url in loaded if url.startswith("file:")}
    files = {Path(unquote(urlsplit(url).path)) for url in urls}
    seen.wrong += [f"outside the book: {file}" for file in files if not file.is_relative_to(html)]
    inside = [file for file in files if file.is_relative_to(html)]
    seen.files = sorted(file.relative_to(html).as_posix() for file in inside)
    page.remove_listener("request", note)
    return seen


def rules(scheme: str) -> dict[str, list[str]]:
    """Return which of axe-core's rules can find something that others have not looked for."""
    return {} if scheme == "light" else {"runOnly": COLOURS}


class Visits:
    """What is to be seen of a book, on each screen.

    Parameters
    ----------
    html : Path
        Folder of the book.
    browser
        Playwright's, which opens pages.
    store : Path
        File that keeps what was fine, for the next run.
    again : bool
        Open every page, whatever the store has.
    """

    def __init__(self, html: Path, browser, store: Path = STORE, *, again: bool = False):
        self.html, self.browser, self.store, self.again = html, browser, store, again
        self.opened: list[str] = []
        self._seen: dict[str, dict[str, Seen]] = {}
        self._digests: dict[str, str] = {}
        how = [Path(__file__).read_text("utf-8"), inspect.getsource(barriers), COLOURS, CODE]
        how += [inspect.getsource(listen), AXE_SCRIPT, browser.version]
        self._how = hashlib.sha256(json.dumps(how).encode()).hexdigest()

    def on(self, screen: str) -> dict[str, Seen]:
        """Return what was seen of each page, by its name."""
        if screen not in self._seen:
            self._seen[screen] = self._visit(screen)
        return self._seen[screen]

    def _visit(self, screen: str) -> dict[str, Seen]:
        kept = self._kept()
        found, fine = {}, {}
        tab = None
        try:
            for path in to_visit(self.html):
                name = path.relative_to(self.html).as_posix()
                entry = kept.get(f"{screen} {name}", {})
                seen = Seen(**entry["seen"]) if entry and not self.again else None
                if seen is None or self._key(screen, name, seen.files) != entry["key"]:
                    self.opened.append(f"{screen} {name}")
                    tab = tab or open_tab(self.browser, SCREENS[screen])
                    seen = look(tab, path, self.html, SCREENS[screen])
                found[name] = seen
                if seen.fine:
                    key = self._key(screen, name, seen.files)
                    fine[f"{screen} {name}"] = {"key": key, "seen": asdict(seen)}
        finally:
            if tab:
                tab.context.close()
            # A page has one entry per screen: what is old is only that of pages that are no more.
            names = {path.relative_to(self.html).as_posix() for path in to_visit(self.html)}
            current = {at: kept[at] for at in kept if at.partition(" ")[2] in names}
            self.store.parent.mkdir(parents=True, exist_ok=True)
            new = self.store.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(current | fine), encoding="utf-8")
            new.replace(self.store)
        return found

    def _kept(self) -> dict[str, dict]:
        try:
            return json.loads(self.store.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _key(self, screen: str, name: str, files: list[str]) -> str:
        """Return a digest of all that what is seen of a page follows from."""
        about = [self._how, asdict(SCREENS[screen]), name, {f: self._digest(f) for f in files}]
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def _digest(self, file: str) -> str:
        if file not in self._digests:
            path = self.html / file
            if not path.is_file():
                return "missing"
            if path.suffix == ".html":
                content = same_page(path.read_text(encoding="utf-8")).encode()
            else:
                content = path.read_bytes()
            self._digests[file] = hashlib.sha256(content).hexdigest()
        return self._digests[file]
