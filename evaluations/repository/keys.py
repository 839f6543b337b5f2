"""Where the records of grading stand: the keys that more than one of this package's modules needs."""

from __future__ import annotations

from edu.dynamo.keys import Key, joined, school_partition

EVALUATION, EVALUATION_VERSION, SCORE, SCORE_VERSION = "EVALUATION", "EVALUATION_VERSION", "SCORE", "SCORE_VERSION"


def evaluation_partition(evaluation_id: str) -> str:
    """The partition of an evaluation, its scores, and the versions of both."""
    return school_partition("EVALUATION", evaluation_id)


def evaluation_key(evaluation_id: str) -> Key:
    """An evaluation's own item."""
    return Key(evaluation_partition(evaluation_id), EVALUATION)


def evaluation_version_key(evaluation_id: str, version: int) -> Key:
    """One version of an evaluation."""
    return Key(evaluation_partition(evaluation_id), joined(EVALUATION_VERSION, f"{version:09d}"))


def score_key(evaluation_id: str, student_id: str) -> Key:
    """A student's score in an evaluation."""
    return Key(evaluation_partition(evaluation_id), joined(SCORE, student_id))


def score_version_key(evaluation_id: str, student_id: str, version: int) -> Key:
    """One version of a score."""
    return Key(evaluation_partition(evaluation_id), joined(SCORE_VERSION, student_id, f"{version:09d}"))


def section_index(section_id: str) -> str:
    """The partition of the index that lists a section's evaluations by day."""
    return school_partition("SECTION", section_id)


def scored_index(student_id: str) -> str:
    """The partition of the index that lists a student's scores by term."""
    return school_partition("SCORED", student_id)
