"""Structured logs: one JSON object a line, with the correlation id of the request or task that wrote it.

Never log personal data: ids and counts only.
"""

from __future__ import annotations

import logging
import logging.config
import re
from uuid import uuid4

import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, merge_contextvars

_DJANGO, _SUSPECTED, _CELERY = "django.request", "django.security.", "celery.worker.consumer"
_PLACEHOLDER = re.compile(r"\(?%[sr]\)?")
_SHARED: list[structlog.typing.Processor] = [
    merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


class WithoutPersonalData(logging.Filter):
    """Takes out of libraries' records what may name people: Django's paths, Celery's copies of messages it refuses.

    Of what Django suspects (``django.security.<what>``) only that name is kept: its text, and its exception's, repeat
    what was sent, which may be anybody's words.

    It sits on the handler: a logger's own filter would not see what its children write (``django.security.csrf``).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record; of the loggers concerned only the first words, without arguments."""
        text = str(record.msg)
        if record.name.startswith(_SUSPECTED):
            record.msg, record.args = f"refused: {record.name.removeprefix(_SUSPECTED)}", ()
            record.exc_info = record.exc_text = None
        elif record.name.startswith(_DJANGO) or (record.name.startswith(_CELERY) and "body" in text):
            first = text.partition(":")[0].partition("\n")[0]
            if first == "%s" and isinstance(record.args, tuple) and record.args:
                first = str(record.args[0])  # Django's reason phrase
            record.msg, record.args = _PLACEHOLDER.sub("", first).strip() or "refused", ()
        return True


def configure_logging(level: str) -> None:
    """Send everything, the libraries' records too, as JSON lines to standard error. Idempotent."""
    _leave_out_what_no_line_shows()
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(),
                    ],
                    "foreign_pre_chain": _SHARED,
                }
            },
            "filters": {"without_personal_data": {"()": WithoutPersonalData}},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["without_personal_data"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "botocore": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "django.security": {"level": "WARNING"},
            },
        }
    )


def _leave_out_what_no_line_shows() -> None:
    """Where a record comes from, and in which thread and process: half the time of writing a line.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None  # noqa: SLF001 - as the documentation says
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The module's logger."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def start_correlation(correlation_id: str = "") -> str:
    """Bind the id every record from here on carries: the caller's, or a new one."""
    chosen = correlation_id or uuid4().hex
    bind_contextvars(correlation_id=chosen)
    return chosen


def correlation_id() -> str:
    """The id in force, empty when there is none."""
    return str(get_contextvars().get("correlation_id", ""))
