"""What both halves use: the library, which notebooks import, and the tools, which `course` runs."""
