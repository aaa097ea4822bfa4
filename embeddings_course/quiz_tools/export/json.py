"""All that the bank holds, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from embeddings_course.quiz.question_files import QuestionFile

# Goes up when a program that reads the JSON must change.
JSON_VERSION = 1


def json_text(files: Iterable[QuestionFile]) -> bytes:
    """Write all questions with all their fields."""
    content = {
        "format": "embeddings-course/questions",
        "version": JSON_VERSION,
        "files": [
            {
                "name": file.name,
                "questions": [question.model_dump(mode="json") for question in file.questions],
            }
            for file in files
        ],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
