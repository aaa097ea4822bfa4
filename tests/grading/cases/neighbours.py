"""What takes more than its share: processors, memory that no process holds, what others left.

Nobody pays for a neighbour: all of these are graded between two honest students, and what they take
is either refused, or bounded, or their own loss.
"""

from grading.hostile import DIED, DOUBLE, FULL, WRONG, case, points

# No audit event tells of what is called by ctypes.
LIBC = "import ctypes, os, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"


# Processors ----------------------------------------------------------------------------------------


@case("a hundred busy processes, each in a session of its own")
def busy_sessions(it):
    it.after(
        "given",
        LIBC + "end = time.time() + 20\n"
        "for n in range(100):\n"
        "    if libc.fork() == 0:\n"
        "        libc.setsid()\n"
        "        while time.time() < end:\n            pass\n"
        "        os._exit(0)\n"
        "time.sleep(5)",
    )


@case("busy processes that are replaced before anybody counts them")
def busy_relays(it):
    it.after(
        "given",
        LIBC + "end = time.time() + 20\n"
        "def relay():\n"
        "    while time.time() < end:\n"
        "        if libc.fork():\n            os._exit(0)\n"
        "        libc.setsid()\n"
        "        until = time.time() + 0.05\n"
        "        while time.time() < until:\n            pass\n"
        "    os._exit(0)\n"
        "for n in range(40):\n"
        "    if libc.fork() == 0:\n        relay()\n"
        "time.sleep(5)",
    )


@case("sixty busy threads")
def busy_threads(it):
    it.after(
        "given",
        "import hashlib, threading, time\n"
        "data, end = bytes(10**7), time.time() + 8\n"  # longer than a cell of this class may take
        "def work():\n"
        "    while time.time() < end:\n        hashlib.sha256(data)\n"
        "for n in range(60):\n"
        "    threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(2)",
    )


@case("takes all processors", score=FULL)
def all_processors(it):
    it.answer(
        "double",
        "import os\nbefore = os.sched_getaffinity(0)\n"
        "for wanted in (range(1024), range(os.cpu_count())):\n"
        "    try:\n        os.sched_setaffinity(0, wanted)\n"
        "    except OSError:\n        pass\n"
        f"{DOUBLE} if os.sched_getaffinity(0) == before else 0",
    )


# Memory --------------------------------------------------------------------------------------------


def refused(attack):
    """Return an answer that is right if an attack raises an OSError."""
    inner = "".join(f"    {line}\n" for line in attack.splitlines())
    return f"{LIBC}try:\n{inner}    held = False\nexcept OSError:\n    held = True\n\n{DOUBLE} if held else 0"


@case("memory in files that have no name")
def memory_without_name(it):
    it.answer("double", refused("kept = os.memfd_create('kept')\nos.write(kept, bytes(10**8))"))


@case("memory of System V that no process has attached")
def system_v_memory(it):
    it.answer("double", refused("if libc.shmget(0, 10**9, 0o1600) < 0:\n    raise OSError"))


@case("a user namespace of its own, for a folder in memory of any size")
def own_namespace(it):
    it.answer("double", refused("if libc.unshare(0x10000000 | 0x00020000) < 0:\n    raise OSError"))


@case("a process in namespaces of its own")
def cloned_namespace(it):
    # SIGCHLD and CLONE_NEWUSER, in the ways of x86-64 and of ARM64; clone3 is asked for as well.
    it.answer(
        "double",
        refused(
            "number = {'x86_64': 56, 'aarch64': 220}[os.uname().machine]\n"
            "made = [libc.syscall(number, 0x10000000 | 17, 0, 0, 0, 0)]\n"
            "arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)\n"
            "made.append(libc.syscall(435, arguments, ctypes.sizeof(arguments)))\n"
            "if 0 in made:\n    os._exit(0)\n"
            "if max(made) < 0:\n    raise OSError"
        ),
    )


@case("fills the folder where kernel and grader meet")
def fills_meeting(it):
    it.after(
        "norm",
        "import ipykernel, json, os, threading, time\n"
        "file = ipykernel.get_connection_file()\n"
        "places = [os.path.dirname(file), os.path.dirname(json.load(open(file))['ip'])]\n"
        "def write(n, place):\n"
        "    block = bytes(10**7)\n"
        "    for k in range(40):\n"
        "        with open(f'{place}/f{n}-{k}', 'wb') as f:\n"
        "            for _ in range(19):\n                f.write(block)\n"
        "for n in range(2):\n"
        "    for place in places:\n"
        "        threading.Thread(target=write, args=(n, place), daemon=True).start()\n"
        "time.sleep(2)",
    )


@case("as many empty files as it can make", suspicious=None)
def empty_files(it):
    it.after(
        "norm",
        "import os\nn = 0\n"
        "try:\n"
        "    while True:\n"
        "        n += 1\n"
        "        os.close(os.open(f'/dev/shm/{n}', os.O_CREAT))\n"
        "except OSError as error:\n    print(error)",
    )


@case("memory of many processes together", **(DIED | {"suspicious": None}))
def memory_of_many(it):
    it.after(
        "double_more",
        LIBC + "for n in range(8):\n"
        "    if libc.fork() == 0:\n"
        "        kept = bytearray(b'1') * 10**9\n"
        "        time.sleep(60)\n"
        "time.sleep(60)",
    )


@case("endless recursion without a limit", score=points("norm_basics", "norm_more", "part"))
def endless_recursion(it):
    it.answer(
        "double",
        "import sys\nsys.setrecursionlimit(10**9)\n\ndef double(x):\n    return double(x)",
    )


# What others left ----------------------------------------------------------------------------------


@case("looks for the grader's environment and folders")
def looks_around(it):
    it.answer(
        "double",
        "import glob\nseen = b''\n"
        "for place in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    try:\n        seen += open(place, 'rb').read()\n"
        "    except OSError:\n        pass\n"
        # The class is graded in a folder whose name is in HOME there.
        "found = b'TQDM_DISABLE' in seen or b'-home' in seen\n"
        f"{DOUBLE} if not found else 0",
    )


@case("reads who has an account on the machine")
def reads_accounts(it):
    it.answer(
        "double",
        "names = {line.split(':')[0] for line in open('/etc/passwd')}\n"
        f"{DOUBLE} if names == {{'student'}} else 0",
    )


@case("a wrong answer beside a busy process", score=FULL - 5)
def busy_and_wrong(it):
    it.answer(
        "double",
        LIBC + "end = time.time() + 20\n"
        "if libc.fork() == 0:\n"
        "    while time.time() < end:\n        pass\n"
        f"    os._exit(0)\n{WRONG}",
    )


@case("endless recursion in a cell of its own, and an error from an error")
def deep_errors(it):
    it.after(
        "double", "import sys\nsys.setrecursionlimit(10**9)\n\ndef deep(x):\n    return deep(x)"
    )
    it.after(
        "norm", "try:\n    deep(1)\nexcept RecursionError as error:\n    raise ValueError('x')"
    )
    it.after("norm_more", "deep(1)")
