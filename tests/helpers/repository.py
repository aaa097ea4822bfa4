"""The repository that is tested: where it is, a copy of it, and how its programs are started."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LARGE = 1_000_000  # bytes: the weights are, and nothing writes into them


def copy_of_repository(target: Path) -> Path:
    """Copy what the repository holds, and nothing that was built; large files are shared."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).stat().st_size < LARGE or not share(ROOT / name, target / name):
                shutil.copy2(ROOT / name, target / name)
    return target


def share(file: Path, place: Path) -> bool:
    """Give a file a second name, where the file system can."""
    try:
        place.hardlink_to(file)
    except OSError:  # on another disk, for example
        return False
    return True


def on_system(system: str) -> dict[str, str]:
    """Return an environment in which the course's programs see that system, such as ``win32``."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    if system == sys.platform:
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    paths.insert(0, str(ROOT / "tests" / "environment" / "other_system"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PRETEND_SYSTEM": system}
