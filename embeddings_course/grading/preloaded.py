"""What each grader would load or make again: the process that they are copies of imports it."""

import importlib

import nbformat.validator
from sqlalchemy.orm import configure_mappers

# Exporters, dialects and plug-ins, which others import by name when they are needed first.
for _name in (
    "IPython.core.interactiveshell",
    "embeddings_course.grading.exporters.formgrader",
    "embeddings_course.grading.grade_one",
    "embeddings_course.grading.preprocessors",
    "ipykernel.kernelspec",
    "mistune.plugins.def_list",
    "mistune.plugins.task_lists",
    "mistune.plugins.url",
    "sqlalchemy.dialects.sqlite",
):
    importlib.import_module(_name)

configure_mappers()
for _minor in range(nbformat.current_nbformat_minor + 1):
    nbformat.validator.get_validator(nbformat.current_nbformat, _minor)
    nbformat.validator.get_validator(nbformat.current_nbformat, _minor, relax_add_props=True)
