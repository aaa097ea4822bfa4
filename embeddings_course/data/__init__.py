"""Data sets of the course: simulated with a known truth, or read from installed packages."""
