"""Our own code above IAM: the keys every repository function asks for, and what IAM cannot say about the index."""

from tests.isolation.repositories.part import HOLES, run

__all__ = ["HOLES", "run"]
