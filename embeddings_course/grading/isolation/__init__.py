"""Runs student code where it can reach nothing, and watches it."""
