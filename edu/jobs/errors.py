"""What can go wrong with a job."""

from __future__ import annotations

from edu.errors import ConflictError, NotFoundError


class JobNotFoundError(NotFoundError):
    """This scope has no such job."""

    code = "job_not_found"


class JobMovedError(ConflictError):
    """Another worker moved the job first; whoever sees this stops, and has changed nothing."""

    code = "job_moved"
