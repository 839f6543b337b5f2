"""The product's Celery application with three tasks more, for a worker process that is looked at from outside.

``LIBRETA_TEST_HOLE`` plants a hole: a worker whose tasks keep the school of the one before.
"""

from __future__ import annotations

import os
from typing import Any

from edu import tasks, tenancy
from edu.celery import app
from edu.logs import get_logger

HOLE, KEEPS_SCHOOL = "LIBRETA_TEST_HOLE", "keeps-school"
FAILING_STUDENT = "est-que-falla"  # the probed consumer fails, in the school, at a part of this one
_log = get_logger(__name__)


@app.task(base=tasks.SchoolTask, name="isolation.fail")
def fail(*, school_id: str) -> None:
    """Fail inside a school."""
    raise RuntimeError(f"asked to fail in a school of {len(school_id)} letters")


@app.task(base=tasks.SchoolTask, name="isolation.end_well")
def end_well(*, school_id: str) -> None:
    """Do nothing inside a school."""
    del school_id


@app.task(base=tasks.LoggedTask, name="isolation.tell_scope")
def tell_scope() -> None:
    """Write whose scope this is to the log."""
    tell_own_scope()


def tell_own_scope() -> None:
    """The same, of whoever calls."""
    try:
        scope = tenancy.current_scope()
    except tenancy.NoScopeError:
        _log.warning("scope told", scope="none")
    else:
        _log.warning("scope told", scope=str(scope.school_id))


def _enter_and_stay(self: tasks.SchoolTask, *args: Any, **kwargs: Any) -> Any:
    scope = tenancy.Scope(tenancy.ScopeKind.TENANT, kwargs["school_id"])
    tenancy._scope.set(scope)
    return self.run(*args, **kwargs)


def _call_in_the_threads_context(self: tasks.LoggedTask, *args: Any, **kwargs: Any) -> Any:
    return self._run_logged(*args, **kwargs)


if os.environ.get(HOLE) == KEEPS_SCHOOL:
    tasks.SchoolTask.enter_and_run = _enter_and_stay  # type: ignore[method-assign]
    tasks.LoggedTask.__call__ = _call_in_the_threads_context  # type: ignore[method-assign]
