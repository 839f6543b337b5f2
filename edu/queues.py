"""The queues of the product, each declared once.

Settings, Celery, the start-up check, the local system's workers, the names of the stack's outputs and the check of a
deployed stack are made from these declarations. ``deploy/data-plane.yaml`` makes the queues themselves; a test holds it
against them (ADR 0015). Apps are named by string: nothing is imported from here but the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEAD_LETTERS_KEPT_DAYS: Final = 14  # the longest that SQS keeps a message
LAST_CALL_S: Final = 40  # what the call that a thread's task is in at its deadline may still take
ALARM_MINUTES: Final = 5  # how long a queue is too deep or its oldest message too old before somebody is told


@dataclass(frozen=True, kw_only=True)
class QueueDeclaration:
    """A queue of Celery messages with its dead-letter queue.

    ``task_modules`` hold the tasks whose messages it takes; a module's app is the prefix of its tasks' names, and one
    app's tasks have one queue. Where there is a ``command`` instead, that management command consumes it, and Celery
    knows nothing of it. A worker process of its own consumes it with ``threads`` threads, so that neither a full queue
    nor a dead worker holds up another's.

    What may take longer than a thread can be given has ``process_time_s`` instead: its worker runs one task at a time
    in a child process (Celery's prefork pool), which is killed after so many seconds (Celery's hard limit). The message
    of a task so killed is not acknowledged, and comes again.

    A message waits at most ``kept_days``. One that was received and not acknowledged is visible again after
    ``visibility_timeout_s``, and after ``max_receives`` such times it is moved to the dead letters. Alarms: more than
    each of ``depth_alarms`` messages, or one older than ``age_alarm_s``, for five minutes; and any dead letter.
    """

    name: str
    task_modules: tuple[str, ...] = ()
    command: str = ""
    threads: int = 1
    process_time_s: int = 0
    kept_days: int = 4
    visibility_timeout_s: int = 120
    max_receives: int = 3
    depth_alarms: tuple[int, ...] = ()
    age_alarm_s: int

    @property
    def task_time_s(self) -> int:
        """After so many seconds a task of it calls nobody any more (``edu.deadlines``)."""
        return self.process_time_s or self.visibility_timeout_s - LAST_CALL_S

    @property
    def pool_options(self) -> tuple[str, ...]:
        """How Celery's worker is told all this on its command line."""
        if self.process_time_s:
            return ("--pool", "prefork", "--concurrency", "1", "--time-limit", str(self.process_time_s))
        return ("--pool", "threads", "--concurrency", str(self.threads))

    @property
    def setting(self) -> str:
        """The Django setting that holds its URL."""
        return f"{self.name.replace('-', '_').upper()}_QUEUE_URL"

    @property
    def variable(self) -> str:
        """The environment variable of that setting."""
        return f"LIBRETA_{self.setting}"

    @property
    def resource(self) -> str:
        """Its logical name in the template."""
        return f"{self._words}Queue"

    @property
    def output(self) -> str:
        """The stack's output that says its URL."""
        return f"{self.resource}Url"

    @property
    def dead_letters_resource(self) -> str:
        """The logical name of its dead-letter queue."""
        return f"{self._words}Dlq"

    @property
    def dead_letters_output(self) -> str:
        """The output that says the dead-letter queue's URL."""
        return f"{self.dead_letters_resource}Url"

    @property
    def worker(self) -> str:
        """The name of its worker process."""
        return f"{self.name}-worker"

    @property
    def task_patterns(self) -> tuple[str, ...]:
        """The names of its tasks, as Celery's routes match them."""
        return tuple(dict.fromkeys(f"{module.partition('.')[0]}.*" for module in self.task_modules))

    @property
    def _words(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("-"))


BEHAVIOR: Final = QueueDeclaration(
    name="behavior",
    command="consume_events",
    threads=2,  # ten processes at most: the source's design lets twenty work at once
    max_receives=1000,  # the consumer counts a message's own faults; this is for one that ends it each time (ADR 0024)
    depth_alarms=(1000, 2000),
    age_alarm_s=600,
)
GOVSYNC: Final = QueueDeclaration(name="govsync", task_modules=("govsync.tasks",), age_alarm_s=900)
MAINTENANCE: Final = QueueDeclaration(
    name="maintenance",
    task_modules=("evaluations.tasks", "behavior.tasks", "edu.canary_tasks", "edu.erasure.tasks"),
    age_alarm_s=3600,
)
ANALYTICS: Final = QueueDeclaration(
    name="analytics",
    task_modules=("analytics.tasks",),
    process_time_s=20 * 60,
    visibility_timeout_s=25 * 60,
    age_alarm_s=7200,
)
QUEUES: Final = (BEHAVIOR, GOVSYNC, MAINTENANCE, ANALYTICS)
CELERYS_QUEUES: Final = tuple(queue for queue in QUEUES if not queue.command)
SHORTEST_VISIBILITY_S: Final = min(queue.visibility_timeout_s for queue in QUEUES)
# A task calls nobody any more after this long (edu.deadlines); the rest is for the call it is in, before its message is
# visible again. A queue whose tasks have a process of their own gives them longer: ``time_of``.
TASK_TIME_S: Final = SHORTEST_VISIBILITY_S - LAST_CALL_S


def time_of(task_name: str) -> int:
    """The seconds that a task of this name has; one of no declared queue has the shortest time."""
    app = f"{task_name.partition('.')[0]}.*"
    return next((queue.task_time_s for queue in CELERYS_QUEUES if app in queue.task_patterns), TASK_TIME_S)
