"""What the sync drill is judged by: the government's own record, the table as root sees it, and the certificates."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.states import BatchState, RunState
from govsync.domain.verification import VerificationError, verify
from tests.drills.sync_grades import Differences, DrillSchool, owners_in
from tests.drills.sync_people import found_differences
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud

ENDS = frozenset({RunState.RECONCILED, RunState.NEEDS_REVIEW})
_EXPORTER = Principal("manage.py", Role.PLATFORM_OPERATOR, None)


@dataclass(frozen=True)
class Ended:
    """A run that has ended: its state, what it found, and the batches it holds for acknowledged."""

    school: DrillSchool
    run_id: str
    state: RunState
    reason: str
    differences: Differences
    acknowledged: frozenset[str]


def ended_runs(schools: Iterable[DrillSchool]) -> list[list[Ended]]:
    """Every run of each school, the first one first."""
    return [_runs_of(school) for school in schools]


def _runs_of(school: DrillSchool) -> list[Ended]:
    with enter_school(school.school_id):
        listed = services.list_runs().items
        reports = [services.describe_run(run_id=run.run_id) for run in reversed(listed)]
    return [
        Ended(
            school,
            report.run.run_id,
            report.run.state,
            report.run.reason,
            found_differences(school, report.run.run_id),
            frozenset(batch.batch_id for batch in report.batches if batch.state is BatchState.ACKNOWLEDGED),
        )
        for report in reports
    ]


def effects(government: Government, schools: Sequence[DrillSchool], runs: Sequence[Ended]) -> dict[str, int]:
    """Grade by grade, by the government's record.

    What its list hides is sent again by each run, once: those grades may have had more effects than one.
    """
    hidden = {found for s in schools for found, kind in s.planted.items() if kind is DifferenceKind.MISSING}
    times = {
        (grade["school_id"], grade["evaluation_id"], grade["student_id"], grade["version"]): grade["times"]
        for grade in government.grade_effects()
    }
    sent = {(school.school_id, *name, 1) for school in schools for name in school.grades}
    taken = {request["batch_id"] for request in government.requests("submit") if request["effect"]}
    return {
        "grades": len(sent),
        "doubled": sum(count > 1 for key, count in times.items() if key[2] not in hidden),
        "without_effect": len(sent - times.keys()),
        "nobodys": len(times.keys() - sent),
        "acknowledged_without_effect": len({batch for run in runs for batch in run.acknowledged} - taken),
        "most_in_a_second": government.most_in_a_second(),
    }


def strangers(cloud: Cloud, tag: str, schools: Iterable[DrillSchool]) -> dict[str, int]:
    """Every item in the schools' partitions, and how many of them name another school or what is another's."""
    owners = {evaluation: school.school_id for school in schools for evaluation, _student in school.grades}
    pages = cloud.root("dynamodb").get_paginator("scan").paginate(TableName=cloud.outputs["TableName"])
    found: Counter[str] = Counter()
    for item in (item for page in pages for item in page["Items"]):
        partition = item["pk"]["S"].split("#")
        if partition[0] == "SCHOOL" and tag in partition[1]:
            found["items"] += 1
            found[item["entity"]["S"]] += item["entity"]["S"].startswith("sync_")
            found["strangers"] += not owners_in(_text(item), tag, owners) <= {partition[1]}
    return {name: found[name] for name in ("items", "strangers", *sorted(found.keys() - {"items", "strangers"}))}


def _text(item: Mapping[str, Any]) -> str:
    return json.dumps(item, default=repr)


def certificates(runs: Iterable[Ended], dice: random.Random) -> dict[str, int]:
    """Each run's files verify, with an agreement where it was reconciled alone, and with another byte they do not."""
    counts: Counter[str] = Counter()
    for run in runs:
        with enter_school(run.school.school_id):
            exported = services.export_run(run_id=run.run_id, actor=_EXPORTER)
        files = {name: content for name, content in exported.items() if name.endswith(".json")}
        is_agreement = run.state is RunState.RECONCILED
        counts["certificates" if is_agreement else "reports"] += 1
        counts["not_verified"] += not _verifies(files, is_agreement=is_agreement)
        for name, content in files.items():
            counts["altered"] += 1
            counts["altered_and_verified"] += _verifies({**files, name: _with_another_byte(content, dice)})
    names = ("certificates", "reports", "not_verified", "altered", "altered_and_verified")
    return {name: counts[name] for name in names}


def _verifies(files: Mapping[str, bytes], *, is_agreement: bool | None = None) -> bool:
    try:
        certificate = verify(files)
    except VerificationError:
        return False
    return is_agreement in {None, certificate.is_agreement} and certificate.run.term_id == OPEN_TERM


def _with_another_byte(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :]


def endings(runs: Iterable[Sequence[Ended]]) -> dict[str, int]:
    """How the runs ended: in the end each as planned, and none before without what was planted."""
    found: Counter[str] = Counter()
    for of_school in runs:
        for run in of_school:
            found["runs"] += 1
            found[str(run.state)] += 1
            found["planted_not_found"] += not run.reason and not _names(run.school.differences) <= _names(
                run.differences
            )
        last = of_school[-1]
        wanted = RunState.NEEDS_REVIEW if last.school.differences else RunState.RECONCILED
        found["planted_differences"] += len(last.school.differences)
        found["not_as_planned"] += (last.state, last.differences) != (wanted, last.school.differences)
    return {"planted_not_found": 0, "not_as_planned": 0, **found}


def _names(differences: Differences) -> set[tuple[str, str]]:
    """What differs, however: of a grade that was rejected too, that is what is said."""
    return {(evaluation, student) for evaluation, student, _kind in differences}
