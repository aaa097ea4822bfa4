"""Class lists, downloads and grade files of learning platforms."""
