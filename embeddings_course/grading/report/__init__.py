"""The report of a graded class: its numbers, its page, its tables."""
