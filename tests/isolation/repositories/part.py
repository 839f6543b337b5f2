"""This part's run, and the holes it has to notice."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from edu.dynamo import keys, table, transactions
from tests.isolation.operations.aims import OTHER
from tests.isolation.repositories import index_keys, reach, source
from tests.isolation.restoring import same_table_after
from tests.isolation.sections import Hole, Section
from tests.support.cloud import Cloud, acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(cloud: Cloud) -> Section:
    """Every repository function, the index's keys, and the source. The table is left as it was found."""
    with same_table_after(cloud), acting_as("worker"):
        cells = [*reach.attack(), *index_keys.attack(cloud)]
    return Section(
        name="repositories",
        title="Repositories and the adapter",
        intro=(
            "Every public function of every repository, called in one school's scope with arguments made from its "
            "annotations, and every key it names compared with the scope. Then what IAM cannot say: an own item with "
            "another school's index key, refused by `edu.dynamo.boundaries` whichever way it is written."
        ),
        cells=tuple(cells),
        problems=tuple(source.faults()),
    )


@contextmanager
def _another_school(_cloud: Cloud) -> Iterator[None]:
    with mock.patch.object(keys, "current_school_id", return_value=OTHER):
        yield


@contextmanager
def _no_guard(_cloud: Cloud) -> Iterator[None]:
    with mock.patch.object(table, "check_item"), mock.patch.object(transactions, "check_action"):
        yield


@contextmanager
def _no_filter(_cloud: Cloud) -> Iterator[None]:
    with mock.patch.object(table, "own_items", list):
        yield


HOLES = (
    Hole("tenant-filter-removed", "keys are built with a school that is not the scope's", _another_school),
    Hole("index-key-unchecked", "the adapter writes any index key", _no_guard),
    Hole("index-answer-unchecked", "the adapter hands on whatever stands in an index", _no_filter),
)
