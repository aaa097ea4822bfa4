"""Lets the course's own modules, and only those, see another operating system than this one.

A program that is started with this folder on its ``PYTHONPATH`` and ``PRETEND_SYSTEM=win32`` (or
``darwin``) takes this in before anything else, and so do the programs that it starts. Whatever
``embeddings_course`` imports from the standard library lacks what that system lacks; libraries go
on as they are, since they were built for this system. Paths, and what the disk allows, stay
those of this system, too.
"""

import builtins
import errno
import os
import pathlib
import sys
import types

PRETENDED = os.environ.get("PRETEND_SYSTEM")
PACKAGE = "embeddings_course"

# What Python has on Linux, by module, and not there.
ONLY_LINUX = {
    "os": """
        copy_file_range eventfd fdatasync get_blocking getxattr listxattr memfd_create pidfd_open
        posix_fadvise posix_fallocate sched_getaffinity sched_setaffinity setns setresuid setxattr
        splice unshare O_TMPFILE O_PATH EFD_CLOEXEC MFD_CLOEXEC
    """,
    "signal": "pidfd_send_signal sigtimedwait sigwaitinfo SIGPOLL SIGPWR SIGSTKFLT SIGRTMIN",
    "socket": "AF_ALG AF_NETLINK AF_PACKET AF_VSOCK SO_PASSCRED SO_PEERCRED SOCK_CLOEXEC",
}
ONLY_POSIX = {
    "os": """
        chown chroot confstr ctermid fchdir fchmod fchown fork forkpty fpathconf fstatvfs getegid
        geteuid getgid getgrouplist getgroups getloadavg getpgid getpgrp getpriority getsid getuid
        initgroups killpg lchown lockf major makedev minor mkfifo mknod nice openpty pathconf
        posix_spawn posix_spawnp pread pwrite readv register_at_fork sched_yield sendfile setegid
        seteuid setgid setgroups setpgid setpriority setregid setreuid setsid setuid statvfs sync
        sysconf sysconf_names tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 waitid writev
        O_CLOEXEC O_DIRECTORY O_DSYNC O_NDELAY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC
        WNOHANG WEXITSTATUS WIFEXITED WIFSIGNALED WTERMSIG
    """,
    "signal": """
        alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigwait
        ITIMER_PROF ITIMER_REAL ITIMER_VIRTUAL SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL
        SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGSYS SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1
        SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ
    """,
    "socket": "AF_UNIX CMSG_LEN CMSG_SPACE sethostname socketpair",
    "time": "tzset clock_gettime CLOCK_MONOTONIC",
    "select": "epoll poll",
}
NO_MODULE = {
    "darwin": {"spwd", "ossaudiodev"},
    "win32": {
        "crypt", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline",
        "resource", "spwd", "syslog", "termios", "tty",
    },
}  # fmt: skip


class Seen(types.ModuleType):
    """A module as the other system has it; what is set in it is set in the real one."""

    def __init__(self, real, missing=(), **other):
        super().__init__(real.__name__, real.__doc__)
        vars(self).update(__real=real, __missing=frozenset(missing), __other=other)

    def __getattr__(self, name):
        own = vars(self)
        if name in own["__missing"]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} there")
        return own["__other"][name] if name in own["__other"] else getattr(own["__real"], name)

    def __setattr__(self, name, value):
        setattr(vars(self)["__real"], name, value)

    def __dir__(self):
        own = vars(self)
        return sorted({*dir(own["__real"]), *own["__other"]} - own["__missing"])


def no_library_of_c(real):
    """Return ``ctypes.CDLL`` of Windows, where no library is that of the process."""

    def load(name, *rest, **more):
        if name is None:
            raise TypeError("expected str, bytes or os.PathLike object, not NoneType")
        return real(name, *rest, **more)

    return load


class LibraryOfC:
    """The library of a Mac, which does not know Linux' own calls."""

    def __init__(self, real):
        self.real = real

    def __getattr__(self, name):
        if name in ("capset", "prctl", "setns", "unshare", "clone"):
            raise AttributeError(f"dlsym(RTLD_DEFAULT, {name}): symbol not found")
        return getattr(self.real, name)


def library_of_a_mac(real):
    """Return ``ctypes.CDLL`` of a Mac."""

    def load(name, *rest, **more):
        found = real(name, *rest, **more)
        return LibraryOfC(found) if name is None else found

    return load


def msvcrt():
    """Return the part of ``msvcrt`` that the course uses, with locks of this system."""
    import fcntl

    def locking(file, mode, count):
        kinds = {2: fcntl.LOCK_EX | fcntl.LOCK_NB, 0: fcntl.LOCK_UN}
        try:
            # Of the kind that programs of this system take: runs that they hold are not swept away.
            fcntl.flock(file, kinds[mode])
        except OSError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    module = types.ModuleType("msvcrt")
    module.locking, module.LK_NBLCK, module.LK_UNLCK = locking, 2, 0
    return module


def without_proc():
    """Hide /proc from ``pathlib``, by which the course looks there and libraries do not."""

    def wrapped(real, answer):
        def method(self, *arguments, **options):
            if self.parts[:2] == ("/", "proc"):
                if answer is None:
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
                return answer
            return real(self, *arguments, **options)

        return method

    answers = {"exists": False, "is_dir": False, "is_file": False}
    for name in (*answers, "stat", "open", "read_text", "read_bytes", "iterdir"):
        real = getattr(pathlib.Path, name)
        setattr(pathlib.Path, name, wrapped(real, answers.get(name)))


def pretend(system):
    """Show another system to the course's modules from now on."""
    import ctypes
    import importlib

    windows = system == "win32"
    seen = {}
    for name in {*ONLY_LINUX, *ONLY_POSIX}:
        missing = ONLY_LINUX.get(name, "").split()
        missing += ONLY_POSIX.get(name, "").split() if windows else []
        seen[name] = Seen(importlib.import_module(name), missing)
    seen["os"] = Seen(os, vars(seen["os"])["__missing"], **({"name": "nt"} if windows else {}))
    seen["sys"] = Seen(sys, ("abiflags",) if windows else (), platform=system)
    load = no_library_of_c if windows else library_of_a_mac
    seen["ctypes"] = Seen(ctypes, CDLL=load(ctypes.CDLL))
    if windows:
        seen["msvcrt"] = msvcrt()
    without_proc()
    real = builtins.__import__

    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        spec = (globals or {}).get("__spec__")
        asks = getattr(spec, "name", None) or (globals or {}).get("__name__") or ""
        if asks.split(".")[0] == PACKAGE and level == 0:
            if name.split(".")[0] in NO_MODULE[system]:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in seen:
                return seen[name]
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = import_


if PRETENDED:
    pretend(PRETENDED)
