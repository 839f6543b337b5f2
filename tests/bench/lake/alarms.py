"""How good the rule for students at risk is, by what only the generator knows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analytics.domain.at_risk import Accuracy, measure
from analytics.queries.at_risk import AtRisk
from edu.tenancy import enter_school
from tests.bench.lake.generator import troubles_of
from tests.bench.lake.questions import answered, asker_of
from tests.bench.lake.telling import say
from tests.bench.lake.trouble import TroubleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from evaluations.domain.school import Term
    from tests.bench.lake.schools import LakeSchool
    from tests.bench.lake.trouble import Trouble

TIME_TO_SHOW = timedelta(weeks=3)


def at_risk_in(troubles: Iterable[Trouble], term: Term) -> frozenset[str]:
    """The students in trouble during a term for long enough that it can show: from three weeks before its end."""
    return frozenset(
        one.student_id
        for one in troubles
        if one.kind is TroubleKind.AT_RISK
        and one.begins_on <= term.ends_on - TIME_TO_SHOW
        and one.ends_on > term.starts_on
    )


def measure_rule(schools: Sequence[LakeSchool], pseudonyms: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The rule as it comes, through Athena, in every term of last year; a student counts once in each."""
    found = [one for school in schools for one in _terms_of(school, pseudonyms[school.school.school_id])]
    total = Accuracy(
        found=sum(one.found for one in found),
        false_alarms=sum(one.false_alarms for one in found),
        missed=sum(one.missed for one in found),
        rightly_left=sum(one.rightly_left for one in found),
    )
    say(
        f"students at risk: {total.found} of {total.found + total.missed} found, {total.false_alarms} false alarms"
        f" among {total.false_alarms + total.rightly_left} who are not (student-terms)"
    )
    return {
        "found": total.found,
        "missed": total.missed,
        "false_alarms": total.false_alarms,
        "rightly_left": total.rightly_left,
        "precision": _rounded(total.precision),
        "recall": _rounded(total.recall),
        "false_alarm_rate": _rounded(total.false_alarm_rate),
    }


def _terms_of(school: LakeSchool, pseudonyms: Mapping[str, str]) -> Iterator[Accuracy]:
    year, asker = school.years[-2], asker_of(school, pseudonyms)
    troubles = [one for one in troubles_of(school) if one.school_year == year.year]
    with enter_school(school.school.school_id):
        for plan in year.plans:
            named = [row.student_pseudonym for row in answered(AtRisk(plan.term.term_id), asker).rows]
            true = [pseudonyms[student_id] for student_id in at_risk_in(troubles, plan.term)]
            yield measure(named, true, list(pseudonyms.values()))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)
