"""Grading a class: what was handed in is repaired, run and scored, and nothing is lost."""
