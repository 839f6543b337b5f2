"""Evaluations of a section through a term, and the scores its students get in them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from evaluations.demo.calendars import TermPlan
from evaluations.demo.grades import EarnedGrades
from evaluations.demo.randomness import normal, opaque_id, pick, stream, whole
from evaluations.demo.subjects import SUBJECTS
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.domain.school import Enrolment, School, Section, Student

_TITLES: Mapping[EvaluationKind, str] = {
    EvaluationKind.EXAM: "Examen",
    EvaluationKind.QUIZ: "Control",
    EvaluationKind.HOMEWORK: "Tarea",
    EvaluationKind.PROJECT: "Proyecto",
    EvaluationKind.ORAL: "Exposición",
    EvaluationKind.PARTICIPATION: "Participación",
}
# What a term's grade is made of, in the order it happens; each adds up to 100 %.
PLANS: Sequence[Sequence[tuple[EvaluationKind, int]]] = (
    ((EvaluationKind.QUIZ, 20), (EvaluationKind.HOMEWORK, 15), (EvaluationKind.PROJECT, 25), (EvaluationKind.EXAM, 40)),
    ((EvaluationKind.HOMEWORK, 20), (EvaluationKind.ORAL, 25), (EvaluationKind.QUIZ, 20), (EvaluationKind.EXAM, 35)),
    (
        (EvaluationKind.QUIZ, 25),
        (EvaluationKind.PROJECT, 35),
        (EvaluationKind.PARTICIPATION, 10),
        (EvaluationKind.EXAM, 30),
    ),
)
_TOPICS = {subject.code: subject.topics for subject in SUBJECTS}
_HANDED_IN = frozenset({EvaluationKind.HOMEWORK, EvaluationKind.PROJECT})
_DAYS_PER_EVALUATION = 8
_FIRST_LESSON, _LESSONS, _LESSON_MINUTES = time(8), 7, 55

_EXEMPT_SHARE = 0.007
_ABSENT_SHARE = 0.035
_MISSING_SHARE = 0.05
_LATE_SHARE = 0.04
# Squares add up to 1: the sum of the three is again bell-shaped with deviation 1.
_ABILITY, _DIFFICULTY, _LUCK = 0.76, 0.32, 0.5656


def plan_evaluations(
    seed: int, school: School, sections: Iterable[Section], terms: Iterable[TermPlan], today: date
) -> Iterator[Evaluation]:
    """Yield what each section has been evaluated in, up to the day before ``today`` (or on it, on a term's first)."""
    zone = ZoneInfo(school.time_zone)
    days_by_term = [(plan.term.term_id, _class_days(plan, today)) for plan in terms]
    for section in sections:
        for term_id, days in days_by_term:
            rng = stream(seed, school.school_id, section.section_id, term_id)
            for evaluation in _plan_term(rng, section, term_id, days, zone):
                yield replace(evaluation, scale_id=school.scale_in(term_id).scale_id)


def draw_scores(
    seed: int,
    school: School,
    students: Iterable[Student],
    enrolments: Iterable[Enrolment],
    evaluations: Iterable[Evaluation],
) -> Iterator[Score]:
    """Yield a score for each student of each evaluation's section: ability, the task's difficulty and luck."""
    earned = {term.term_id: EarnedGrades(school.scale_in(term.term_id)) for term in school.terms}
    abilities = {
        student.student_id: normal(stream(seed, school.school_id, student.student_id, "ability"))
        for student in students
    }
    members: defaultdict[str, list[str]] = defaultdict(list)
    for enrolment in enrolments:
        members[enrolment.section_id].append(enrolment.student_id)
    for evaluation in evaluations:
        rng = stream(seed, school.school_id, evaluation.evaluation_id, "scores")
        difficulty = _DIFFICULTY * normal(rng)
        recorded_at = evaluation.created_at + timedelta(minutes=_LESSON_MINUTES)
        for student_id in members[evaluation.section_id]:
            recorded_at += timedelta(seconds=5 + whole(rng, 20))
            ability = abilities[student_id]
            state, late = _draw_state(rng, evaluation.kind, ability)
            ease = _ABILITY * ability - difficulty + _LUCK * normal(rng)
            value = earned[evaluation.term_id].text(ease) if state is ScoreState.RECORDED else None
            yield evaluation.first_score(
                student_id, state=state, value=value, late=late, by=evaluation.created_by, at=recorded_at
            )


def _draw_state(rng: Random, kind: EvaluationKind, ability: float) -> tuple[ScoreState, bool]:
    """The state, and whether the work is late: late or never by those who struggle. Others are simply ill for a day."""
    draw = rng.random()
    if draw < _EXEMPT_SHARE:
        return ScoreState.EXEMPT, False
    if kind not in _HANDED_IN:
        return (ScoreState.ABSENT if draw < _EXEMPT_SHARE + _ABSENT_SHARE else ScoreState.RECORDED), False
    struggle = max(0.1, 1 - ability)
    missing_below = _EXEMPT_SHARE + _MISSING_SHARE * struggle
    if draw < missing_below:
        return ScoreState.MISSING, False
    return ScoreState.RECORDED, draw < missing_below + _LATE_SHARE * struggle


def _plan_term(
    rng: Random, section: Section, term_id: str, days: Sequence[date], zone: ZoneInfo
) -> Iterator[Evaluation]:
    parts = pick(rng, PLANS)[: max(1, len(days) // _DAYS_PER_EVALUATION)]
    topics = _TOPICS[section.course_id.partition("-")[0]]
    first_topic = whole(rng, len(topics))
    for number, (kind, weight) in enumerate(parts):
        stretch = days[len(days) * number // len(parts) : len(days) * (number + 1) // len(parts)]
        held_on = pick(rng, stretch)
        lesson = datetime.combine(held_on, _FIRST_LESSON, zone).astimezone(UTC)
        yield Evaluation(
            # the teacher's id already stands for the seed and the school
            evaluation_id=opaque_id("eva", section.teacher_id, section.section_id, term_id, number),
            section_id=section.section_id,
            course_id=section.course_id,
            term_id=term_id,
            kind=kind,
            title=f"{_TITLES[kind]}: {topics[(first_topic + number) % len(topics)]}",
            weight=Decimal(weight),
            held_on=held_on,
            version=1,
            created_by=section.teacher_id,
            created_at=lesson + timedelta(minutes=_LESSON_MINUTES * whole(rng, _LESSONS)),
        )


def _class_days(plan: TermPlan, today: date) -> list[date]:
    """Return the term's weekdays with classes before ``today``, at least its first."""
    last = max(plan.term.starts_on, min(plan.classes_end_on, today - timedelta(days=1)))
    span = (plan.term.starts_on + timedelta(days=day) for day in range((last - plan.term.starts_on).days + 1))
    return [day for day in span if day.isoweekday() <= 5]  # noqa: PLR2004 - the rule is plainer with its number
