"""Watches what a notebook's code does in its kernel that goes beyond computing.

An audit hook sees programs, the network, processes, and files outside of the submission's folder.
Each :class:`Attempt` has a kind. Those of ``HARMFUL`` reach for what is not the student's, so
somebody should look. Those of ``HARMLESS`` are habits (``!ls``, ``%pip install``, a folder that a
notebook service has) that hurt nobody in a sandbox, and are only written down. What is honest by
any standard is not noted at all: worker processes, the student's own files, IPython's.

It runs where the student's code does, so it can be deceived: it is for detection, not protection.

>>> own = Places("/home/student", "/submission/ann/hw")
>>> harm("rm -rf ../*", own), harm("ls | wc -l", own), harm("rm -rf checkpoints", own)
('/submission/ann', None, None)
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

HARMFUL = {
    "changed": "tried to change {}",
    "hidden": "tried to write {}, which would be run later, unasked",
    "sought": "looked for the course's own files: {}",
    "killed": "tried to end processes that are not its own",
    "copied": "tried to copy or replace the process that is graded",
    "unseen": "did something with an object that cannot be looked at",
}
HARMLESS = {
    "started": "started another program: {}",
    "reached": "tried to reach the network: {}",
    "wrote": "tried to write {}, outside of its folder",
}
MOST = 15
"""Attempts that are kept of each of the two."""

_LONGEST = 200
# Of these, what a cell does with them it does itself; other packages have reasons of their own.
_TRANSPARENT = ("IPython", "ipykernel", "pexpect", "ptyprocess")
_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/root", "/run"),
    *("/sbin", "/sys", "/usr", "/var"),
)
# What nbgrader keeps above a submission's folder.
_COURSE = (
    *("gradebook.db", "nbgrader_config.py", "source", "release", "assignments", "submitted"),
    *("autograded", "feedback", "grading"),
)
_SOUGHT = re.compile(r"/(source|submitted|autograded)/.*\.ipynb$|/gradebook\.db$")
# In a home folder, what is run when its owner starts something.
_RUN_LATER = re.compile(
    r"\.ipython/(?!profile_\w+/(db|history|log|pid|security)\b)|\.jupyter/.*config"
    r"|\.local/(bin|lib)\b|\.ssh\b|\.config/(autostart|systemd|fish)\b|Library/LaunchAgents\b"
    r"|\.(bash|z|k)?(sh)?(rc|env|login|logout|profile|_profile|_login|_logout)$|\.python\w*rc"
)
_PROGRAMS = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "pty.spawn"}
_COPIES = {"os.fork", "os.forkpty", "os.exec"}
_NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_CHANGES = {"os.remove", "os.rename", "os.rmdir", "os.truncate", "os.chmod", "os.chown"}
_CHANGES |= {"shutil.rmtree"}
_MAKES = {"os.mkdir", "os.link", "os.symlink", "sqlite3.connect"}
_KILLS = {"os.kill", "os.killpg"}
_EVENTS = _PROGRAMS | _COPIES | _NETWORK | _CHANGES | _MAKES | _KILLS | {"open", "glob.glob"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Attempt(NamedTuple):
    """Something that code did.

    Attributes
    ----------
    kind : str
        A key of ``HARMFUL`` or ``HARMLESS``.
    what : str
        A path or a command; may be empty.
    where : str
        ``In[7]`` for the cell that ran as the seventh, the name of a file of the student's, or
        nothing if it is not known.
    line : int
        There, from 1.
    """

    kind: str
    what: str
    where: str
    line: int


@dataclass
class Places:
    """Which places are a submission's own: its folder, its home, and folders for what passes."""

    home: str
    folder: str
    made: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._free = (self.folder, tempfile.gettempdir(), "/dev", f"{self.home}/.cache")
        self._installed = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]))

    def seeks(self, path: str) -> bool:
        """Say whether an absolute path, or a pattern of paths, is that of what a course keeps."""
        own = _within(path, (*self._free, self.home))
        return not own and _SOUGHT.search(path.replace(os.sep, "/")) is not None

    def verdict(self, path: str, *, changes: bool) -> str | None:
        """Say of which kind it is to write to a path.

        Parameters
        ----------
        path : str
            An absolute one.
        changes : bool
            Whether what is there is changed or deleted; otherwise something may be made there.

        Returns
        -------
        str or None
            A kind of attempt; None for what is its own, and for changes to what is not there.
        """
        # An environment may lie in a folder for temporary files, and is nobody's to change.
        if _within(path, self._installed):
            return "changed"
        if _within(path, self._free):
            return None
        inside = os.path.relpath(path, self.home).replace(os.sep, "/")
        if inside != "." and not inside.startswith(".."):
            return "hidden" if _RUN_LATER.match(inside) else None
        if _within(path, self.made):
            return None
        name, above = os.path.basename(path), os.path.dirname(path)  # noqa: PTH119, PTH120
        course = name in _COURSE and _within(self.folder, (above,))
        around = changes and (_within(self.folder, (path,)) or _within(self.home, (path,)))
        if course or around or os.path.lexists(path):
            return "changed"
        if changes:
            return None
        if _within(path, _SYSTEM):
            return "changed"
        self.made.add(path)
        return "wrote"


def _within(path: str, places: Sequence[str] | set[str]) -> bool:
    return any(path == place or path.startswith(place.rstrip(os.sep) + os.sep) for place in places)


# Commands of a shell ------------------------------------------------------------------------------

_DELETE = {"rm", "rmdir", "unlink", "shred", "mv", "truncate", "chmod", "chown"}
_MAKE = {"cp", "install", "ln", "mv", "rsync", "tee", "touch"}
_SHELLS = {"bash", "dash", "ksh", "sh", "zsh"}
_BEFORE = {"command", "env", "exec", "nohup", "sudo", "time"}
_STREAMS = re.compile(r"\s\d?>&\d")
_SEPARATORS = re.compile(r"[;&|()\n]+")


def harm(command: str, places: Places, folder: str = "") -> str | None:
    """Look for what a command for a shell would change that is not the student's.

    What a command does cannot be told from its text in general. This knows the usual ones; all
    others are only noted.

    Parameters
    ----------
    command : str
        One line, or several.
    places : Places
        What is the student's.
    folder : str, optional
        Where the command runs; by default the submission's folder.

    Returns
    -------
    str or None
        The path, or the word ``processes`` if it ends some.
    """
    folder = folder or places.folder
    for words in _commands(command):
        words = list(itertools.dropwhile(_is_before_a_command, words))
        if not words:
            continue
        name, rest = os.path.basename(words[0]), words[1:]  # noqa: PTH119
        arrows = [number for number, word in enumerate(rest[:-1]) if set(word) == {">"}]
        given = [word for word in rest[: (arrows or [len(rest)])[0]] if not word.startswith("-")]
        if name == "cd":
            folder = _absolute(given[0] if given else "~", folder, places)
            continue
        if name in _SHELLS and "-c" in rest[:-1]:
            if (found := harm(rest[rest.index("-c") + 1], places, folder)) is not None:
                return found
            continue
        if name == "kill" and "-0" not in rest and any(map(_is_foreign, [*given, *rest[-1:]])):
            return "processes"
        for word, changes in _written_to(name, given, rest, arrows):
            path = _absolute(word, folder, places)
            if name in _MAKE and os.path.isdir(path):  # noqa: PTH112 - it goes into that folder
                path = os.path.join(path, os.path.basename(given[0]))  # noqa: PTH118, PTH119
            if places.verdict(path, changes=changes) in HARMFUL:
                return path
    return None


def _is_before_a_command(word: str) -> bool:
    return word in _BEFORE or re.match(r"\w+=", word) is not None


def _written_to(
    name: str, given: Sequence[str], rest: Sequence[str], arrows: Sequence[int]
) -> Iterator[tuple[str, bool]]:
    """Yield what a command writes to, each with whether what is there is changed.

    Of the words after its name, `rest`, those `given` are no options and stand before the first
    arrow; `arrows` are the places of arrows among them.
    """
    if name in _DELETE:
        yield from ((word, True) for word in given[: -1 if name in _MAKE else None])
    if name in _MAKE:
        yield from ((word, False) for word in given[-1:])
    if name == "dd":
        yield from ((word[3:], False) for word in rest if word.startswith("of="))
    yield from ((rest[number + 1], False) for number in arrows)


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        line = _STREAMS.sub(" ", line).replace(" 2>", " >")
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if _SEPARATORS.fullmatch(word):
                    yield words
                    words = []
                else:
                    words.append(word)
        except ValueError:  # a quotation mark that is not closed
            pass
        yield words


def _absolute(word: str, folder: str, places: Places) -> str:
    """Return the path that a word of a command names; with a star, the folder of all those."""
    word = re.sub(r"^(~|\$HOME|\$\{HOME\})(?=/|$)", lambda _: places.home, word)
    word = re.sub(r"(^|/)(\.?\*)$", r"\1", word) or "."
    return os.path.normpath(os.path.join(folder, word))  # noqa: PTH118


def _is_foreign(number: int | str, signal: int = 15) -> bool:
    """Whether a process is neither this one nor one that it started, going by its number."""
    import psutil

    try:
        number = int(number)
    except ValueError:
        return False
    if number <= 0:
        return number == -1 and signal != 0
    if number == os.getpid() or signal == 0:
        return False
    try:
        return os.getpid() not in {each.pid for each in psutil.Process(number).parents()}
    except psutil.Error:  # there is none
        return False


# The hook -----------------------------------------------------------------------------------------


class Watch:
    """Notes what the cells of a kernel do from now on."""

    def __init__(self, folder: Path, shell: Any):
        # Symbolic links in either would hide that a path is inside.
        self._places = Places(os.path.abspath(Path.home()), str(folder))  # noqa: PTH100
        self._cells = getattr(getattr(shell, "compile", None), "_filename_map", {})
        self._packages = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
        self._library = (
            sysconfig.get_path("stdlib"),
            "<frozen ",
            *(str(Path(self._packages[0], name)) for name in _TRANSPARENT),
        )
        stdlib = sysconfig.get_path("stdlib")
        self._workers = tuple(str(Path(stdlib, name)) for name in ("multiprocessing", "concurrent"))
        self._found: dict[Attempt, None] = {}
        self._busy = threading.local()
        sys.addaudithook(self._hook)

    @property
    def attempts(self) -> list[Attempt]:
        """What was seen so far, in its order."""
        return list(self._found)

    def _hook(self, event: str, arguments: tuple) -> None:
        if event not in _EVENTS or getattr(self._busy, "looking", False):
            return
        self._busy.looking = True
        try:
            self._look(event, arguments, sys._getframe(1))
        except Exception:  # whatever a student's object does when it is looked at
            self._found[Attempt("unseen", "", "", 0)] = None
        finally:
            self._busy.looking = False

    def _look(self, event: str, arguments: tuple, frame: FrameType | None) -> None:
        sought = ""
        if event in ("open", "glob.glob") and _only_looks(event, arguments):
            path = arguments[0]
            sought = os.path.abspath(os.fsdecode(path)) if _is_path(path) else ""  # noqa: PTH100
            if not sought or not self._places.seeks(sought):
                return
        frames = self._frames_of_a_cell(event, frame)
        if not frames:
            return
        if sought:
            self._add("sought", sought, frames)
        else:
            self._see(event, arguments, frames)

    def _frames_of_a_cell(self, event: str, frame: FrameType | None) -> list[FrameType]:
        """Return the frames in which something is done, outwards; none if no cell does it."""
        frames = list(_outwards(frame))
        if self._by_a_cell(frames):
            return frames
        if event not in _PROGRAMS:
            return []
        # IPython has %%bash started by a thread of its own, and waits for it.
        main = threading.main_thread().ident or 0
        frames = list(_outwards(sys._current_frames().get(main)))
        names = [each.f_code.co_name for each in frames]
        frames = frames[names.index("shebang") :] if "shebang" in names else []
        return frames if self._by_a_cell(frames) else []

    def _see(self, event: str, arguments: tuple, frames: list[FrameType]) -> None:
        if event in _PROGRAMS or event == "os.forkpty":
            self._see_program(event, arguments, frames)
        elif event in _COPIES:
            if not self._of_workers(frames):
                self._add("copied", "", frames)
        elif event in _NETWORK:
            if (host := _host(event, arguments)) is not None:
                self._add("reached", host, frames)
        elif event in _KILLS:
            if event == "os.kill" and _is_foreign(*arguments[:2]):
                self._add("killed", "", frames)
        else:
            self._see_writing(_targets(event, arguments), frames)

    def _see_writing(
        self, targets: Sequence[tuple[Any, bool]], frames: Sequence[FrameType]
    ) -> None:
        for path, changes in targets:
            if _is_path(path):
                place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
                kind = self._places.verdict(place, changes=changes)
                if kind is not None:
                    self._add(kind, place, frames)

    def _see_program(self, event: str, arguments: tuple, frames: list[FrameType]) -> None:
        command = _command(event, arguments, frames)
        if command is None:
            self._add("copied", "", frames)
        elif not self._of_workers(frames):
            harmed = harm(command, self._places, os.getcwd())  # noqa: PTH109
            if harmed is None:
                self._add("started", command, frames)
            elif harmed == "processes":
                self._add("killed", "", frames)
            else:
                self._add("changed", f"{harmed}, by: {command}", frames)

    def _by_a_cell(self, frames: Sequence[FrameType]) -> bool:
        """Whether it was code in a cell: directly, or by functions of Python or IPython."""
        for frame in frames:
            name = frame.f_code.co_filename
            if name.startswith(self._packages) and not name.startswith(self._library):
                return False
            if not name.startswith(self._library):
                return name.startswith("<") or self._where(frame) != ""
        return False

    def _of_workers(self, frames: Sequence[FrameType]) -> bool:
        """Whether Python starts or ends processes that work for the notebook."""
        for frame in frames:
            name = frame.f_code.co_filename
            if not name.startswith(self._library):
                return False
            if name.startswith(self._workers):
                return True
        return False

    def _where(self, frame: FrameType) -> str:
        name = frame.f_code.co_filename
        if name in self._cells:
            return f"In[{self._cells[name]}]"
        # An environment may lie in a folder for temporary files.
        installed = name.startswith((*self._packages, *self._library))
        if not installed and name.startswith((self._places.folder, tempfile.gettempdir())):
            return os.path.basename(name)  # noqa: PTH119
        return ""

    def _add(self, kind: str, what: str, frames: Sequence[FrameType]) -> None:
        where, line = "", 0
        for frame in frames:
            if where := self._where(frame):
                line = frame.f_lineno
                break
        attempt = Attempt(kind, " ".join(what.split())[:_LONGEST], where, line)
        alike = HARMFUL if kind in HARMFUL else HARMLESS
        if sum(each.kind in alike for each in self._found) < MOST:
            self._found[attempt] = None


def _only_looks(event: str, arguments: tuple) -> bool:
    """Whether nothing is written where files are listed, or one is opened."""
    if event == "glob.glob":
        return True
    _, mode, flags = (*arguments, "", 0)[:3]
    if isinstance(mode, str):
        return not set(mode) & set("wax+")
    return not (flags or 0) & _WRITES


def _is_path(thing: Any) -> bool:
    return isinstance(thing, (str, bytes, os.PathLike))


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _host(event: str, arguments: tuple) -> str | None:
    """Return where a connection goes; None if it stays in this machine."""
    address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments
    host = address[0] if isinstance(address, tuple) and address else None
    if isinstance(host, bytes):
        host = os.fsdecode(host)
    own = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0")
    return host if isinstance(host, str) and host not in own else None


def _targets(event: str, arguments: tuple) -> list[tuple[Any, bool]]:
    """List the paths that are written to, each with whether what is there is changed."""
    if event == "os.rename":
        return [(arguments[0], True), (arguments[1], False)]
    if event in ("os.link", "os.symlink"):
        return [(arguments[1], False)]
    path = arguments[0]
    if event == "os.mkdir" and os.path.isdir(path):  # noqa: PTH112
        return []
    if event == "sqlite3.connect" and str(path).startswith((":", "file:")):
        return []
    return [(path, event in _CHANGES)]


def _command(event: str, arguments: tuple, frames: Sequence[FrameType]) -> str | None:
    """Return the command that is started; None for a bare copy of this process."""
    if event == "os.forkpty":
        for frame in frames:
            file = frame.f_code.co_filename
            if "_process_posix" in file and isinstance(frame.f_locals.get("cmd"), str):
                return frame.f_locals["cmd"]  # of IPython's !
        pexpect = any("pexpect" in frame.f_code.co_filename for frame in frames)
        return "by pexpect" if pexpect else None
    for frame in frames:
        if frame.f_code.co_name == "shebang" and isinstance(frame.f_locals.get("cell"), str):
            return frame.f_locals["cell"]  # of %%bash, which gets it by its standard input
    words = {"subprocess.Popen": 1, "os.posix_spawn": 1, "os.spawn": 2}.get(event, 0)
    given = arguments[words]
    if isinstance(given, (str, bytes, os.PathLike)):
        return os.fsdecode(given)
    parts = [os.fsdecode(part) for part in given]
    if parts[1:2] == ["-c"] and os.path.basename(parts[0]) in _SHELLS:  # noqa: PTH119
        return parts[2] if len(parts) > 2 else ""
    return shlex.join(parts)
