"""The operators' commands on a school that is not registered and on a run that is not there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from edu.commands import NoSuchSchoolError, explain
from edu.errors import InvalidInputError
from evaluations.errors import RunNotFoundError
from tests.support.cloud import Cloud, acting_as
from tests.support.schools import import_school

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "no-such-school"


@pytest.fixture(autouse=True)
def operator(cloud: Cloud) -> Iterator[None]:
    """Sign as an operator does."""
    del cloud
    with acting_as("operator"):
        yield


@pytest.mark.parametrize(
    "command",
    [
        "consolidate",
        "consolidation_status",
        "sync status",
        "sync status --run x-r1",
        "sync start --term 2026-q4",
        "sync resume --run x-r1 --by somebody --reason tried",
        "sync retry --run x-r1 --by somebody --reason tried",
        "sync skip --run x-r1 --by somebody --reason tried --batch 1",
        "lake_count --year 2026 --month 1",
    ],
)
def test_unregistered_school_is_refused_and_nothing_is_left(cloud: Cloud, command: str) -> None:
    said = io.StringIO()
    with pytest.raises(NoSuchSchoolError) as refused:
        call_command(*command.split(), "--school", NOBODY, stdout=said)
    assert explain(refused.value) == f"no_such_school: no such school: {NOBODY}"
    assert said.getvalue() == ""
    found = cloud.root("dynamodb").scan(TableName=cloud.outputs["TableName"])["Items"]
    assert not [item for item in found if NOBODY in item["pk"]["S"]]


def test_run_that_does_not_exist_is_not_begun(school_id: str) -> None:
    import_school(school_id)
    with pytest.raises(RunNotFoundError, match="no such run: zzz"):
        call_command("consolidate", school=school_id, run="zzz")
    shown = io.StringIO()
    call_command("consolidation_status", school=school_id, stdout=shown)
    assert shown.getvalue() == f"{school_id} has no run yet\n"


def test_unknown_term_is_told_with_its_field_and_rule(school_id: str) -> None:
    import_school(school_id)
    with pytest.raises(InvalidInputError) as refused:
        call_command("sync", "start", "--school", school_id, "--term", "bad")
    assert "term_id: This school has no such term (exists)" in explain(refused.value)
