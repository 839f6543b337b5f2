"""Setting evaluations and grading them: every way a score or an evaluation is read or written."""
