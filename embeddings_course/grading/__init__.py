"""Grading a class: what was handed in is repaired, run and scored, and nothing is lost."""

import sys

# jsonschema, which nbformat uses, spends a second on a grammar of internationalised addresses as
# soon as it finds this package. Notebooks hold none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # None: not to import
