"""Log lines of ours through the standard library while tests run, where ``caplog`` sees them as records."""

from __future__ import annotations

import structlog

from edu import logs


def log_through_the_library() -> None:
    """Configure it. Loggers are not kept after their first use, or ``capture_logs`` would miss those of earlier tests.

    What production does is tested by ``tests/unit/edu/test_logs.py`` and in every process that a test starts.
    """
    structlog.configure(
        processors=[*logs._SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
