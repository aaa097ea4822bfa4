"""Removing what was built. It needs no packages, and so works where installing them has failed.

Like bootstrap.py, only the standard library, and syntax that old Pythons can read.
"""

import shutil


def clean(root):
    """Remove what the course built, but no person's work.

    Returns
    -------
    list of Path
        What was removed. The ``_build/lab`` of earlier versions stays: notebooks that a person
        edited are in it.
    """
    removed = []
    for path in sorted((root / "_build").glob("*")):
        if path.name == "lab":
            continue
        if path.is_dir():
            shutil.rmtree(str(path))
        else:
            path.unlink()
        removed.append(path)
    return removed
