"""Settings of nbgrader, which reads this file when it is run from the repository's root."""

from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "embeddings"
c.CourseDirectory.root = str(Path(__file__).parent.resolve())
c.CourseDirectory.source_directory = "source"
# Students get their notebooks from assignments/, which is committed, and not from release/.
c.CourseDirectory.release_directory = "assignments"
# An LMS's zip holds the answers to quizzes beside the notebooks.
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".json"]
