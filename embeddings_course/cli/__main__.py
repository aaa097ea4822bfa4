"""``python -m embeddings_course.cli``: the ``course`` command where the environment is there."""

import sys

from embeddings_course.cli import main

if __name__ == "__main__":
    sys.exit(main())
