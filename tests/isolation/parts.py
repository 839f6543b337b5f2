"""The parts of the matrix, in the order of the report. A part that cannot be imported fails the run."""

from __future__ import annotations

PARTS = (
    "tests.isolation.operations",
    "tests.isolation.sessions",
    "tests.isolation.storage",
    "tests.isolation.repositories",
    "tests.isolation.routes",
    "tests.isolation.workers",
    "tests.isolation.concurrency",
    "tests.isolation.tokens",
    "tests.isolation.government",
)
