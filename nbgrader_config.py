"""Settings of nbgrader, which reads this file when it is run from the repository's root."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "embeddings"
c.CourseDirectory.root = str(Path(__file__).parent.resolve())
# The gradebook's address, with a password, is best kept out of files and command lines.
if os.environ.get("COURSE_GRADEBOOK"):
    c.CourseDirectory.db_url = os.environ["COURSE_GRADEBOOK"]
c.CourseDirectory.source_directory = "source"
# Students get their notebooks from assignments/, which is committed, and not from release/.
c.CourseDirectory.release_directory = "assignments"
# An LMS's zip holds the answers to quizzes beside the notebooks.
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".json"]

# What makes grading right (embeddings_course/grading): submissions are repaired, a kernel that dies
# costs only what comes after, warnings cost nothing, and output is bounded.
steps = "embeddings_course.grading.preprocessors"
exporters = "embeddings_course.grading.exporters"
c.Autograde.pre_convert_hook = f"{steps}.prepare_in_place"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    f"{steps}.RepairCells",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    f"{steps}.RunNotebook",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    f"{steps}.SaveScores",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    f"{steps}.sanitize.Sanitize",
]
# Formgrader's button would run student code without the sandbox.
c.Autograde.exporter_class = f"{exporters}.formgrader.GradedNotebookExporter"
c.GenerateFeedback.preprocessors = [
    f"{steps}.HideTests",
    # No page while answers wait for a person; --TellPoints.partial=True writes it anyway.
    f"{steps}.tell_points.TellPoints",
]
c.GenerateFeedback.exporter_class = f"{exporters}.feedback.FeedbackExporter"
# Pages that show a notebook, in formgrader and in feedback, show data: also of one that an earlier
# version of the course has graded.
c.HTMLExporter.preprocessors = [f"{steps}.sanitize.Sanitize"]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": f"{steps}.sanitize.clean_html"}
c.HTMLExporter.exclude_anchor_links = True  # a heading must not have the id of a box for points
# Published solutions show answers, and no hidden tests, which take long to write again.
c.GenerateSolution.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    f"{steps}.clear_solution_marks.ClearSolutionMarks",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.Execute",
]
c.Execute.shutdown_kernel = "immediate"
