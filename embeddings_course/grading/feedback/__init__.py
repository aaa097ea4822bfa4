"""Feedback for students: what a page says, the pages of a class, and the zips for platforms."""
