"""A school's grading policy: from its import to the grades in sections, cards and at night, and when it changes."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo.mapping import to_attributes
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose, ScoreState
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.errors import ClosedTermPolicyError
from evaluations.repository import consolidated, school_profile, stale_marks
from evaluations.roster_files.school_record import read_school
from evaluations.services.reports import nightly
from evaluations.services.reports.consolidated_grades import get_section_grades
from tests.integration.evaluations.calendar import cut_short, import_again, term_of_next_year
from tests.integration.evaluations.gradebook import SECTION, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.school import School
    from tests.integration.evaluations.conftest import ApiClient
    from tests.support.schools import TestSchool

EXAM, QUIZ, HOMEWORK = EvaluationKind.EXAM, EvaluationKind.QUIZ, EvaluationKind.HOMEWORK
WEIGHTS = {EXAM: 60, QUIZ: 40}
POLICY = GradingPolicy(
    categories=tuple(
        Category(kind=kind, weight=Decimal(WEIGHTS.get(kind, 0)), drop_lowest=1 if kind is QUIZ else None)
        for kind in EvaluationKind
    ),
    extra_credit_bound=Decimal("0.5"),
    absent=AbsentRule.MINIMUM,
)
PENDING = GradingPolicy(absent=AbsentRule.PENDING)


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def by_policy(school: School, policy: GradingPolicy | None, *, closed: GradingPolicy | None = None) -> School:
    """The school with another policy; its closed term with one of its own."""
    terms = (replace(term, policy=closed) if term.term_id == CLOSED_TERM else term for term in school.terms)
    return replace(school, policy=policy, terms=tuple(terms))


def set_work(teacher: ApiClient, exam: dict[str, Any], *work: tuple[EvaluationKind, str, tuple[str, ...]]) -> None:
    """Evaluations over the API with kind, weight and the students' grades; ``absent`` is one, too."""
    for kind, weight, values in work:
        made = teacher.post("/sections/mat-5a/evaluations", {**exam, "kind": kind, "weight": weight}).json()
        for number, value in enumerate(values):
            said = {"state": value} if value == "absent" else {"value": value}
            answer = teacher.post(
                f"/evaluations/{made['evaluation_id']}/scores", {"student_id": f"student-{number:03d}", **said}
            )
            assert answer.status_code == 201, answer.content


@pytest.fixture
def graded(teacher: ApiClient, exam: dict[str, Any]) -> None:
    """An exam, two quizzes and homework of the first two students."""
    set_work(
        teacher,
        exam,
        (EXAM, "50.00", ("4.0", "absent")),
        (QUIZ, "10.00", ("3.0", "7.0")),
        (QUIZ, "30.00", ("6.0", "7.0")),
        (HOMEWORK, "10.00", ("1.0", "1.0")),
    )


def grades(reader: ApiClient) -> list[dict[str, Any]]:
    found = reader.get(f"/sections/{SECTION}/consolidated?term={OPEN_TERM}").json()
    assert found["stale"] is False
    return [line["grade"] for line in found["results"]]


@pytest.mark.usefixtures("graded")
def test_grades_are_by_the_policy_in_sections_and_cards(
    school: TestSchool, teacher: ApiClient, admin: ApiClient
) -> None:
    plain = grades(teacher)
    assert [grade["value"] for grade in plain[:2]] == ["4.2", "5.8"]  # 420/100, and 290/50 without the exam
    import_again(by_policy(school.school, POLICY, closed=GradingPolicy()))
    first, second, third = grades(teacher)
    assert (first["value"], first["exact"], first["complete"]) == ("4.8", "24/5", True)  # 60 of 4.0 and 40 of 6.0
    assert (first["counted"], first["dropped"], first["evaluations"]) == (2, 1, 3)
    assert (first["weight_counted"], first["weight_total"], first["extra"]) == ("80.00", "90.00", None)
    assert (second["value"], second["dropped"]) == ("3.4", 1)  # 60 of 1.0 and 40 of 7.0
    assert (third["value"], third["dropped"], third["complete"]) == (None, None, False)
    section = teacher.get(f"/sections/{SECTION}/consolidated?term={OPEN_TERM}").json()
    assert (section["evaluations"], section["weight_total"]) == (3, "90.00")
    card = admin.get(f"/students/student-000/report-card?term={OPEN_TERM}").json()
    (row,) = [course for course in card["courses"] if course["section_id"] == SECTION]
    assert row["grades"][0]["grade"] == first
    as_table = admin.get(f"/students/student-000/report-card?term={OPEN_TERM}", Accept="text/csv")
    assert as_table.status_code == 200


@pytest.mark.usefixtures("graded")
def test_changed_policy_has_grades_of_open_terms_computed_anew(school: TestSchool, teacher: ApiClient) -> None:
    before = grades(teacher)
    stored = consolidated.get_section(OPEN_TERM, SECTION)
    import_again(by_policy(school.school, GradingPolicy(), closed=GradingPolicy()))
    grades(teacher)
    assert consolidated.get_section(OPEN_TERM, SECTION) == stored  # a policy that says nothing changes nothing
    import_again(by_policy(school.school, POLICY, closed=GradingPolicy()))
    assert list(stale_marks.list_stale(OPEN_TERM, SECTION)) == []
    assert consolidated.get_section(OPEN_TERM, SECTION) == stored
    assert grades(teacher)[0]["value"] == "4.8"
    import_again(school.school)
    assert grades(teacher) == before


@pytest.mark.usefixtures("graded")
def test_night_computes_by_the_changed_policy(school: TestSchool, teacher: ApiClient) -> None:
    grades(teacher)
    import_again(by_policy(school.school, POLICY, closed=GradingPolicy()))
    nightly.consolidate_next(run_id="2026-11-29")
    stored = consolidated.get_section(OPEN_TERM, SECTION).grades["student-000"].grade
    assert (stored.value, stored.dropped) == ("4.8", 1)
    with counted_calls() as calls:
        assert grades(teacher)[0]["value"] == "4.8"
    assert calls == ["Query"] * 3


def test_extra_credit_and_formative_work(school: TestSchool, teacher: ApiClient) -> None:
    import_again(by_policy(school.school, POLICY, closed=GradingPolicy()))
    evaluation_id = set_evaluation(school)
    record(school, evaluation_id, "5.0")
    exam = services.get_evaluation(actor=school.teacher, evaluation_id=evaluation_id)
    for purpose in (EvaluationPurpose.EXTRA_CREDIT, EvaluationPurpose.FORMATIVE):
        more = replace(exam, evaluation_id=purpose.replace("_", "-"), weight=Decimal(5), purpose=purpose, version=1)
        score = more.first_score(
            "student-000", state=ScoreState.RECORDED, value="7.0", late=False, by="teacher-1", at=exam.created_at
        )
        services.import_evaluation(actor=school.teacher, evaluation=more, scores=[score])
    found = grades(teacher)[0]
    assert (found["exact"], found["extra"], found["evaluations"]) == ("53/10", "0.3", 1)
    assert (found["weight_total"], found["complete"]) == ("50.00", True)


def test_purposes_and_cancelling_over_the_api(
    school: TestSchool, teacher: ApiClient, exam: dict[str, Any], admin: ApiClient
) -> None:
    import_again(by_policy(school.school, POLICY, closed=GradingPolicy()))
    work = [
        ("exam", "50.00", "summative", "4.0"),
        ("quiz", "10.00", "summative", "3.0"),
        ("quiz", "10.00", "summative", "6.0"),
        ("project", "20.00", "extra_credit", "7.0"),
        ("quiz", "10.00", "formative", "1.0"),
    ]
    made = []
    for kind, weight, purpose, value in work:
        body = {**exam, "kind": kind, "weight": weight, "purpose": purpose}
        made.append(teacher.post("/sections/mat-5a/evaluations", body).json()["evaluation_id"])
        path = f"/evaluations/{made[-1]}/scores"
        assert teacher.post(path, {"student_id": "student-000", "value": value}).status_code == 201
    found = grades(teacher)[0]
    assert (found["exact"], found["value"], found["complete"]) == ("53/10", "5.3", True)  # 4.8, and half a point
    assert (found["dropped"], found["extra"], found["evaluations"]) == (1, "0.5", 3)
    _cancel(teacher, made[2])
    found = grades(teacher)[0]  # 60 of 4.0 and 40 of 3.0, which is the only quiz now
    assert (found["exact"], found["dropped"], found["evaluations"]) == ("41/10", None, 2)
    _cancel(teacher, made[3])
    found = grades(teacher)[0]
    assert (found["exact"], found["extra"]) == ("18/5", None)
    card = admin.get(f"/students/student-000/report-card?term={OPEN_TERM}").json()
    assert [c["grades"][0]["grade"] for c in card["courses"] if c["section_id"] == SECTION] == [found]


def _cancel(teacher: ApiClient, evaluation_id: str) -> None:
    version = teacher.get(f"/evaluations/{evaluation_id}").json()["version"]
    path = f"/evaluations/{evaluation_id}/cancellation"
    assert teacher.send("POST", path, {"reason": "mal puesta"}, version=version).status_code == 200


def test_pending_absence_leaves_the_grade_open(school: TestSchool, teacher: ApiClient) -> None:
    import_again(by_policy(school.school, PENDING, closed=GradingPolicy()))
    record(school, set_evaluation(school), "6.0")
    record(school, set_evaluation(school), ScoreState.ABSENT)
    found = grades(teacher)[0]
    assert (found["value"], found["complete"], found["passing"]) == ("6.0", False, None)


def test_policy_is_imported_stored_and_told(school: TestSchool, teacher: ApiClient) -> None:
    assert teacher.get("/school").json()["policy"] is None
    terms = [{**to_attributes(term), "policy": {}} for term in school.school.terms[:1]]
    terms += [to_attributes(school.school.terms[1])]
    given = {**to_attributes(school.school), "scale": "1-7", "terms": terms, "policy": to_attributes(POLICY)}
    import_again(read_school(json.dumps(given, default=str).encode()))
    assert school_profile.get_profile().school.policy == POLICY
    told = teacher.get("/school").json()["policy"]
    assert (told["extra_credit_bound"], told["absent"]) == ("0.5", "minimum")
    assert told["categories"][0] == {"kind": "exam", "weight": "60", "drop_lowest": None}
    assert told["categories"][-1] == {"kind": "quiz", "weight": "40", "drop_lowest": 1}
    closed, current = teacher.get("/terms").json()["results"]
    assert closed["policy"] == {"categories": [], "extra_credit_bound": None, "absent": "left_out"}
    assert current["policy"] is None


def test_policy_of_a_closed_term_cannot_change(school: TestSchool) -> None:
    before = school_profile.get_profile()
    with pytest.raises(ClosedTermPolicyError) as raised:
        import_again(by_policy(school.school, POLICY))
    assert (raised.value.code, CLOSED_TERM in str(raised.value.detail)) == ("policy_of_closed_term", True)
    assert school_profile.get_profile() == before
    admin = school.person(Role.SCHOOL_ADMIN)
    services.reopen_term(actor=admin, term_id=CLOSED_TERM, reason="reglamento nuevo")
    import_again(by_policy(school.school, POLICY))
    services.close_term(actor=admin, term_id=CLOSED_TERM)
    standing = school_profile.get_profile().school
    assert (standing.policy_in(CLOSED_TERM), standing.policy_in(OPEN_TERM)) == (POLICY, POLICY)


def test_term_that_an_import_does_not_name_keeps_its_policy(school: TestSchool) -> None:
    import_again(cut_short(school.school))
    import_again(replace(school.school, policy=POLICY, terms=(term_of_next_year(school.school),)))
    import_again(replace(school.school, policy=PENDING, terms=()))
    standing = school_profile.get_profile().school
    assert [standing.policy_in(term.term_id) for term in standing.terms] == [None, None, POLICY]
    assert standing.policy_in("unknown") == PENDING


def test_policy_costs_no_call(school: TestSchool) -> None:
    """Of who computes, who reads, and who writes a score."""
    found = []
    for policy in (None, POLICY):
        import_again(by_policy(school.school, policy, closed=GradingPolicy()))
        evaluation_id = set_evaluation(school)
        record(school, evaluation_id, "5.0")
        services.get_school()
        with counted_calls() as calls:
            record(school, evaluation_id, "6.5", student=1)
            for _ in range(2):
                get_section_grades(actor=school.teacher, section_id=SECTION, term_id=OPEN_TERM)
        found.append([call for call in calls if call != "Query"])
        assert calls[-3:] == ["Query"] * 3
    assert found[0] == found[1]
    assert found[0][0] == "TransactWriteItems"
