"""``course collect``: the zip file of a learning platform goes to ``submitted/STUDENT/NAME/``.

The whole zip is looked at first. If anything in it is wrong, every problem is said and nothing is
written, or what it is about is left out, if that is asked. Else nbgrader's own ``zip_collect`` puts
the files where they belong.

Names of files that are known, each also inside one more folder:

- Canvas, *Download Submissions*: ``lovelaceada_LATE_12345_67890_token-embeddings-1.ipynb``, made of
  the student's name, the mark if late, the student's and the file's number, and the file's name,
  with ``-1`` or more if it was handed in again;
- Moodle, *Download all submissions*: ``Ada Lovelace_1234567_assignsubmission_file/…``, the name and
  the participant's number, as a folder or as the beginning of the file's name; before the name may
  be the group's, or the user name; a team's name where teams hand in;
- Blackboard: ``NAME_ada_attempt_2027-03-01-23-59-00_token-embeddings.ipynb``;
- Brightspace: ``123-456 - Ada Lovelace - Mar 1, 2027 1159 PM/…``;
- Sakai: ``Lovelace, Ada(ada)/Submission attachment(s)/…``;
- Gradescope: ``submission_123/…``, with ``submission_metadata.yml`` that says whose it is;
- GitHub Classroom: ``NAME-ada/…``; Teams: ``Ada Lovelace/Version 2/…``;
- plain: ``STUDENT/NAME.ipynb``, ``STUDENT/NAME/NAME.ipynb``, ``STUDENT_NAME.ipynb`` and
  ``STUDENT_…_NAME.ipynb``.

Platforms' numbers are looked up as ``lms_user_id`` in the gradebook, then as ids; then names are
compared. Moodle's numbers are of one assignment: its grading worksheet says whose they are, and
when each student handed in.
"""

from embeddings_course.grading.lms.collect.command import collect, summary
from embeddings_course.grading.lms.collect.publish import Collected

__all__ = ["Collected", "collect", "summary"]
