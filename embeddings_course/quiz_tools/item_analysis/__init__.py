"""Item analysis: what a class's answers say about the questions, not about the students.

The terms are those of classical test theory:

- The **difficulty** of a question, also called its facility, is the mean score from 0 to 1 of those
  who answered it. A difficult question has a low difficulty; the name is old and cannot be helped.
- Its **discrimination** is the item-rest correlation: Pearson's correlation between the score on
  the question and the sum of the scores on all others. Those who know more should do better on it.
- The **upper-lower index** D is how much better the 27 % with the highest totals do on it than the
  27 % with the lowest (Kelley, 1939, https://doi.org/10.1037/h0057123).
"""

from embeddings_course.quiz_tools.item_analysis.collect import Collected, collect_records, left_out
from embeddings_course.quiz_tools.item_analysis.csv_tables import answers_to_csv, to_csv
from embeddings_course.quiz_tools.item_analysis.markdown import to_markdown
from embeddings_course.quiz_tools.item_analysis.plot import plot
from embeddings_course.quiz_tools.item_analysis.remarks import look_at
from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics, analyse
from embeddings_course.quiz_tools.item_statistics import item_rest_correlation, upper_lower_index

__all__ = [
    "Collected",
    "ItemStatistics",
    "analyse",
    "answers_to_csv",
    "collect_records",
    "item_rest_correlation",
    "left_out",
    "look_at",
    "plot",
    "to_csv",
    "to_markdown",
    "upper_lower_index",
]
