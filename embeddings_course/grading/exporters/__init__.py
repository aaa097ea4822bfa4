"""How graded notebooks become pages: for formgrader, and as feedback."""
