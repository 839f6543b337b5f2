"""Every DynamoDB operation, in every form, by every role, at every kind of partition: the attack matrix."""

from tests.isolation.operations.holes import HOLES
from tests.isolation.operations.matrix import run

__all__ = ["HOLES", "run"]
