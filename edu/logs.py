"""Structured logs: one JSON object a line, with the correlation id of the request or task that wrote it.

Never log personal data: ids and counts only.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO
from uuid import uuid4

import msgspec
import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, merge_contextvars

if TYPE_CHECKING:
    from collections.abc import Mapping

_DJANGO, _SUSPECTED, _CELERY = "django.request", "django.security.", "celery.worker.consumer"
_PLACEHOLDER = re.compile(r"\(?%[sr]\)?")
_LEVELS = {"botocore": "WARNING", "httpx": "WARNING", "django.request": "ERROR", "django.security": "WARNING"}
_RANKS = {name.lower(): rank for name, rank in logging.getLevelNamesMapping().items()}
_encode = msgspec.json.Encoder(enc_hook=repr).encode
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


class _Lines:
    """What a logger of ours writes to: the handler's stream, past the library's records, which cost four times more."""

    def __init__(self, name: str) -> None:
        self.name = name

    def msg(self, line: str) -> None:
        """Write a line."""
        _handler.acquire()
        try:
            _handler.stream.write(f"{line}\n")
            _handler.flush()
        finally:
            _handler.release()

    debug = info = warning = error = critical = msg


def _from_level(_logger: object, name: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop what is below the level in force."""
    if _RANKS[name] < logging.getLogger().level:
        raise structlog.DropEvent
    return entry


def configure_logging(level: str) -> None:
    """Send everything, the libraries' records too, as JSON lines to standard error. Idempotent."""
    _leave_out_what_no_line_shows()
    structlog.configure(
        processors=[_from_level, *_SHARED, structlog.processors.JSONRenderer(_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.setLevel(level)
    if _handler not in root.handlers:
        root.addHandler(_handler)
    for name, own_level in _LEVELS.items():
        logging.getLogger(name).setLevel(own_level)


def _as_json(entry: Mapping[str, object], **_options: object) -> str:
    """One line of ASCII: no text in it may look like the end of a line to whoever reads it."""
    with suppress(UnicodeEncodeError):
        if (line := _encode(entry)).isascii():
            return line.decode()
    return json.dumps(entry, default=repr)


def _new_handler() -> logging.StreamHandler[TextIO]:
    """The one handler: the libraries' records as lines like ours."""
    handler = logging.StreamHandler()
    handler.addFilter(WithoutPersonalData())
    line: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    line.append(structlog.processors.JSONRenderer(_as_json))
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=line, foreign_pre_chain=_SHARED))
    return handler


def _leave_out_what_no_line_shows() -> None:
    """Where a record comes from, and in which thread and process: half the time of writing a line.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None  # noqa: SLF001 - as the documentation says
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


_handler = _new_handler()


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
