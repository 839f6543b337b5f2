"""The government's door: what an answer that belongs to somebody else leaves in a school's partitions."""

from tests.isolation.government.part import HOLES, run

__all__ = ["HOLES", "run"]
