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
from evaluations.demo.remarks import draw_remark
from evaluations.demo.subjects import SUBJECTS
from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose, Score, ScoreState
from evaluations.domain.grading_policy import PLAIN, GradingPolicy
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

_EXTRA_CREDIT_WEIGHT = 10  # hundredths of the way from the worst grade to the best
_TRIAL_SHARE = 0.2
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
            scale_id, planned = school.scale_in(term_id).scale_id, _plan_term(rng, section, term_id, days, zone)
            for number, evaluation in enumerate(_by_policy(school.policy_in(term_id) or PLAIN, planned, days)):
                yield replace(evaluation, scale_id=scale_id)
                if number == 0 and stream(seed, evaluation.evaluation_id, "trial").random() < _TRIAL_SHARE:
                    yield replace(_trial_of(evaluation), scale_id=scale_id)


def entered_twice(sections: Sequence[Section], term_id: str, evaluations: Iterable[Evaluation]) -> Evaluation:
    """Return the first section's first evaluation of a term as if it had been set a second time, by mistake."""
    place = (sections[0].section_id, term_id)
    first = next(each for each in evaluations if (each.section_id, each.term_id) == place)
    again = opaque_id("eva", first.evaluation_id, "again")
    return replace(first, evaluation_id=again, created_at=first.created_at + timedelta(minutes=1))


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
        remarks = stream(seed, school.school_id, evaluation.evaluation_id, "remarks")
        recorded_at = evaluation.created_at + timedelta(minutes=_LESSON_MINUTES)
        for student_id in members[evaluation.section_id]:
            recorded_at += timedelta(seconds=5 + whole(rng, 20))
            ability = abilities[student_id]
            state, late = _draw_state(rng, evaluation.kind, ability)
            ease = _ABILITY * ability - difficulty + _LUCK * normal(rng)
            value = earned[evaluation.term_id].text(ease) if state is ScoreState.RECORDED else None
            yield evaluation.first_score(
                student_id,
                state=state,
                value=value,
                late=late,
                comment=draw_remark(remarks, state),
                by=evaluation.created_by,
                at=recorded_at,
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


def _by_policy(policy: GradingPolicy, planned: Iterable[Evaluation], days: Sequence[date]) -> Iterator[Evaluation]:
    """Set two of what the school drops the lower of, half as heavy each, and work for extra credit at the end."""
    every = list(planned)
    for evaluation in every:
        if not policy.dropped_of(evaluation.kind):
            yield evaluation
            continue
        half = evaluation.weight // 2
        yield replace(evaluation, weight=evaluation.weight - half)
        before = days[max(0, days.index(evaluation.held_on) - 1)]
        yield replace(
            evaluation,
            evaluation_id=opaque_id("eva", evaluation.evaluation_id, "before"),
            title=f"{evaluation.title} (2)",
            weight=half,
            held_on=before,
            created_at=evaluation.created_at - (evaluation.held_on - before),
        )
    if policy.extra_credit_bound is not None:
        yield replace(
            every[-1],
            evaluation_id=opaque_id("eva", every[-1].evaluation_id, "extra"),
            kind=EvaluationKind.HOMEWORK,
            title="Trabajo voluntario",
            weight=Decimal(_EXTRA_CREDIT_WEIGHT),
            purpose=EvaluationPurpose.EXTRA_CREDIT,
        )


def _trial_of(evaluation: Evaluation) -> Evaluation:
    """What shows the way to an evaluation, held the same day: it counts for nothing."""
    return replace(
        evaluation,
        evaluation_id=opaque_id("eva", evaluation.evaluation_id, "trial"),
        kind=EvaluationKind.QUIZ,
        purpose=EvaluationPurpose.FORMATIVE,
        title=f"Diagnóstico: {evaluation.title.partition(': ')[2]}",
    )


def _class_days(plan: TermPlan, today: date) -> list[date]:
    """Return the term's weekdays with classes before ``today``, at least its first."""
    last = max(plan.term.starts_on, min(plan.classes_end_on, today - timedelta(days=1)))
    span = (plan.term.starts_on + timedelta(days=day) for day in range((last - plan.term.starts_on).days + 1))
    return [day for day in span if day.isoweekday() <= 5]  # noqa: PLR2004 - the rule is plainer with its number
