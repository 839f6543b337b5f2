"""Structured logs: one JSON object a line, with the correlation id of the request or task that wrote it.

Never log personal data: ids and counts only.
"""

from __future__ import annotations

import logging
import logging.config
from uuid import uuid4

import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, merge_contextvars

_SHARED: list[structlog.typing.Processor] = [
    merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


class WithoutPath(logging.Filter):
    """Takes the request's path out of Django's own records: it holds ids of people. Our access line has the route."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without its arguments."""
        record.msg, record.args = str(record.msg).partition(":")[0].replace("%s", "").strip() or "request", ()
        return True


def configure_logging(level: str) -> None:
    """Send everything, the libraries' records too, as JSON lines to standard error. Idempotent."""
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
            "filters": {"without_path": {"()": WithoutPath}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "botocore": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "django.request": {"level": "ERROR", "filters": ["without_path"]},
                "django.security": {"level": "WARNING", "filters": ["without_path"]},
            },
        }
    )


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
