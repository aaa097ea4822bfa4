"""Reads and updates nbgrader's gradebook."""
