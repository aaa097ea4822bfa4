"""All hostile cases: those of ``hostile.py``, and more of a kind in each module here."""

from grading.cases import forging as forging
from grading.cases import halting as halting
from grading.cases import neighbours as neighbours
from grading.cases import opening as opening
from grading.cases import reaching as reaching
from grading.hostile import CASES as CASES
