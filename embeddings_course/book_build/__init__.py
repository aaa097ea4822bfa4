"""Executes the pages and builds the book from them."""
