"""Queues, lake, query results, catalogue, accounts, delivery: who may do what, and what comes of trying more."""

from tests.isolation.storage.part import HOLES, run

__all__ = ["HOLES", "run"]
