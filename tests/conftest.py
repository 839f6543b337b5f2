"""Loaded before Django: importing ``tests.environment`` sets this run's environment."""

import tests.environment  # noqa: F401
