"""Folders nested so deep that most programs cannot remove them, pytest among them."""

import os


def nested(folder, depth):
    """Make a folder that holds a folder, and so on; a file is in the last one."""
    folder.mkdir(parents=True)
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("end.txt", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here))
    os.close(here)
