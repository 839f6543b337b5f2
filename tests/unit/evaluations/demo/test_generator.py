import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from statistics import correlation, fmean, pstdev
from typing import Any

import pytest

from evaluations.demo import MAX_SCHOOLS, MAX_STUDENTS, SIZES, DemoSchool, generate
from evaluations.domain.consolidation import Grade, consolidate
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose, Score, ScoreState
from evaluations.domain.grading_policy import AbsentRule
from evaluations.domain.teaching import Capacity

TODAY = date(2026, 11, 24)
SEED = 20_261_124


def digest(schools: Iterable[DemoSchool]) -> str:
    sha = hashlib.sha256()
    for school in schools:
        sha.update(as_json(asdict(school)))
        for score in school.scores():
            sha.update(as_json(asdict(score)))
    return sha.hexdigest()


def as_json(item: dict[str, Any]) -> bytes:
    return json.dumps(item, default=str, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def full() -> list[DemoSchool]:
    return list(generate(SEED, MAX_SCHOOLS, MAX_STUDENTS, today=TODAY))


@pytest.fixture(scope="module")
def medium() -> list[DemoSchool]:
    return list(generate(SEED, 5, 500, today=TODAY, closed_terms=True))


@pytest.fixture(scope="module")
def many_scores(full: list[DemoSchool]) -> list[tuple[DemoSchool, list[Score]]]:
    return [(school, list(school.scores())) for school in full]


def test_same_seed_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "from datetime import date\n"
        "from evaluations.demo import generate\n"
        "from tests.unit.evaluations.demo.test_generator import digest\n"
        f"print(digest(generate({SEED}, 3, 120, today=date(2026, 11, 24), closed_terms=True)))\n"
    )
    mine = digest(generate(SEED, 3, 120, today=TODAY, closed_terms=True))
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == mine


def test_another_seed_gives_other_people() -> None:
    one, other = (next(generate(seed, 1, 60, today=TODAY)) for seed in (1, 2))
    assert one.school == other.school
    assert not {student.student_id for student in one.students} & {student.student_id for student in other.students}
    assert digest([one]) != digest([other])


def test_scores_are_the_same_on_every_call_and_in_any_order(medium: list[DemoSchool]) -> None:
    last = list(medium[-1].scores())
    first = list(medium[0].scores())
    assert list(medium[-1].scores()) == last
    assert list(medium[0].scores()) == first


@pytest.mark.parametrize("name", SIZES)
def test_named_sizes_have_the_schools_and_students_they_promise(name: str) -> None:
    size = SIZES[name]
    made = list(generate(SEED, size.schools, size.students, today=TODAY))
    assert len({one.school.school_id for one in made}) == size.schools
    assert sum(len(one.students) for one in made) == size.students


@pytest.mark.parametrize(("schools", "students"), [(1, 1), (1, 41), (1, 5_000), (50, 50), (50, 4_999), (7, 333)])
def test_odd_sizes_place_every_student(schools: int, students: int) -> None:
    made = list(generate(SEED, schools, students, today=TODAY))
    assert len(made) == schools
    assert sum(len(one.students) for one in made) == students
    assert all(one.students and one.sections and one.evaluations for one in made)


@pytest.mark.parametrize(("schools", "students"), [(0, 10), (51, 100), (2, 1), (1, 5_001), (-1, 0)])
def test_impossible_sizes_are_refused_at_once(schools: int, students: int) -> None:
    with pytest.raises(ValueError, match=r"schools|students"):
        generate(SEED, schools, students, today=TODAY)


def test_first_schools_are_the_same_however_many_follow() -> None:
    few = [one.school for one in generate(SEED, 3, 60, today=TODAY)]
    more = [one.school for one in generate(SEED, 9, 300, today=TODAY)]
    assert more[:3] == few


def test_ids_are_unique_over_all_schools(full: list[DemoSchool]) -> None:
    people = [student.student_id for one in full for student in one.students]
    people += [teacher.teacher_id for one in full for teacher in one.teachers]
    evaluations = [evaluation.evaluation_id for one in full for evaluation in one.evaluations]
    national_ids = [(one.school.country, student.national_id) for one in full for student in one.students]
    for ids in (people, evaluations, national_ids):
        assert len(set(ids)) == len(ids)
    for one in full:
        for group in (one.courses, one.sections, one.enrolments):
            assert len(set(group)) == len(group)
        assert len({section.section_id for section in one.sections}) == len(one.sections)
        assert len({course.course_id for course in one.courses}) == len(one.courses)


def test_every_reference_leads_somewhere_in_the_same_school(many_scores: list[tuple[DemoSchool, list[Score]]]) -> None:
    for one, scores in many_scores:
        courses = {course.course_id: course for course in one.courses}
        sections = {section.section_id: section for section in one.sections}
        students = {student.student_id: student for student in one.students}
        evaluations = {evaluation.evaluation_id: evaluation for evaluation in one.evaluations}
        terms = {term.term_id for term in one.school.terms}
        assert {section.teacher_id for section in one.sections} == {teacher.teacher_id for teacher in one.teachers}
        assert {section.course_id for section in one.sections} == set(courses)
        for enrolment in one.enrolments:
            course = courses[sections[enrolment.section_id].course_id]
            assert course.grade_level == students[enrolment.student_id].grade_level
        for evaluation in one.evaluations:
            section = sections[evaluation.section_id]
            assert (evaluation.course_id, evaluation.created_by) == (section.course_id, section.teacher_id)
            assert evaluation.term_id in terms
        for score in scores:
            evaluation = evaluations[score.evaluation_id]
            assert (copied(score), score.recorded_by) == (copied(evaluation), evaluation.created_by)
        expected = Counter(enrolment.section_id for enrolment in one.enrolments)
        assert len(scores) == sum(expected[evaluation.section_id] for evaluation in one.evaluations)
        graded = {(score.section_id, score.student_id) for score in scores}
        assert graded == {(enrolment.section_id, enrolment.student_id) for enrolment in one.enrolments}
        assert len({(score.evaluation_id, score.student_id) for score in scores}) == len(scores)


def copied(item: Any) -> tuple[str | None, ...]:
    return (item.section_id, item.course_id, item.term_id, item.kind, item.purpose)


def test_every_grade_is_canonical_on_its_schools_scale(many_scores: list[tuple[DemoSchool, list[Score]]]) -> None:
    for one, scores in many_scores:
        scale = one.school.scale
        for value in {score.value for score in scores if score.value is not None}:
            assert scale.canonical(scale.parse(value)) == value


def test_grades_are_spread_as_in_a_real_class(many_scores: list[tuple[DemoSchool, list[Score]]]) -> None:
    states = Counter(score.state for _, scores in many_scores for score in scores)
    shares = {state: count / states.total() for state, count in states.items()}
    assert shares[ScoreState.RECORDED] > 0.9
    assert 0.01 < shares[ScoreState.ABSENT] < 0.05
    assert 0.01 < shares[ScoreState.MISSING] < 0.05
    assert 0.002 < shares[ScoreState.EXEMPT] < 0.02
    late = [score for _, scores in many_scores for score in scores if score.late]
    assert 0.005 < len(late) / states.total() < 0.03
    assert {score.kind for score in late} == {EvaluationKind.HOMEWORK, EvaluationKind.PROJECT}
    for scale_id, passed in passes_by_scale(many_scores).items():
        assert 0.68 < fmean(passed) < 0.88, scale_id


def passes_by_scale(many_scores: list[tuple[DemoSchool, list[Score]]]) -> dict[str, list[bool]]:
    passed: dict[str, list[bool]] = {}
    for one, scores in many_scores:
        scale = one.school.scale
        verdicts = passed.setdefault(scale.scale_id, [])
        verdicts.extend(scale.passes(score.value) for score in scores if score.value is not None)
    return passed


def test_good_students_stay_good_and_hard_tests_are_hard_for_all(medium: list[DemoSchool]) -> None:
    one = medium[1]
    halves: dict[str, tuple[list[float], list[float]]] = {}
    by_evaluation: dict[str, list[float]] = {}
    for score in one.scores():
        if score.value is not None:
            first, second = halves.setdefault(score.student_id, ([], []))
            (first if len(first) == len(second) else second).append(float(score.value))
            by_evaluation.setdefault(score.evaluation_id, []).append(float(score.value))
    pairs = [(fmean(first), fmean(second)) for first, second in halves.values()]
    assert correlation([first for first, _ in pairs], [second for _, second in pairs]) > 0.7
    grades = [grade for of_one in by_evaluation.values() for grade in of_one]
    expected_by_luck = pstdev(grades) / (len(grades) / len(by_evaluation)) ** 0.5
    assert pstdev([fmean(of_one) for of_one in by_evaluation.values()]) > 1.3 * expected_by_luck


def test_sections_have_25_to_40_students(full: list[DemoSchool]) -> None:
    for one in full:
        sizes = Counter(enrolment.section_id for enrolment in one.enrolments)
        assert all(25 <= size <= 40 for size in sizes.values()), one.school.school_id


@pytest.mark.parametrize("students", [1, 41, 400, 5_000])
def test_one_school_of_any_size_keeps_its_grade_levels_and_group_sizes(students: int) -> None:
    one = next(generate(SEED, 1, students, today=TODAY))
    assert {course.grade_level for course in one.courses} <= set(range(1, 12))
    sizes = Counter(enrolment.section_id for enrolment in one.enrolments)
    assert max(sizes.values()) <= 40
    assert max(sizes.values()) - min(sizes.values()) <= 1


def test_children_are_of_the_age_of_their_grade(full: list[DemoSchool]) -> None:
    for one in full:
        year = one.sections[0].school_year
        for student in one.students:
            assert student.birth_on is not None
            assert student.grade_level is not None
            assert year - student.birth_on.year - student.grade_level in {5, 6}


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2027, 3, 1), date(2026, 7, 26), date(2028, 2, 29)])
def test_today_is_in_one_open_term_and_nothing_happens_after_it(today: date) -> None:
    for one in generate(SEED, 20, 500, today=today, closed_terms=True):
        containing = [term for term in one.school.terms if term.contains(today)]
        assert [term.closed for term in containing] == [False]
        terms = {term.term_id: term for term in one.school.terms}
        assert all(evaluation.held_on <= today for evaluation in one.evaluations)
        assert all(terms[evaluation.term_id].contains(evaluation.held_on) for evaluation in one.evaluations)
        assert all(evaluation.held_on.isoweekday() <= 5 for evaluation in one.evaluations)
        assert containing[0].term_id in {evaluation.term_id for evaluation in one.evaluations}


def test_scores_follow_their_evaluation_the_same_day(medium: list[DemoSchool]) -> None:
    for one in medium:
        evaluations = {evaluation.evaluation_id: evaluation for evaluation in one.evaluations}
        for score in one.scores():
            evaluation = evaluations[score.evaluation_id]
            assert timedelta(0) < score.recorded_at - evaluation.created_at < timedelta(hours=2)
            assert score.recorded_at.date() == evaluation.held_on


def test_only_the_open_term_is_graded_unless_the_closed_ones_are_asked_for() -> None:
    short = next(generate(SEED, 1, 30, today=TODAY))
    whole = next(generate(SEED, 1, 30, today=TODAY, closed_terms=True))
    assert {evaluation.term_id for evaluation in short.evaluations} == {"2026-t3"}
    assert {evaluation.term_id for evaluation in whole.evaluations} == {"2026-t1", "2026-t2", "2026-t3"}
    assert set(short.evaluations) < set(whole.evaluations)


def test_weights_of_a_closed_term_make_a_whole_grade(medium: list[DemoSchool]) -> None:
    for one in medium:
        closed = {term.term_id for term in one.school.terms if term.closed}
        sums: Counter[tuple[str, str]] = Counter()
        for evaluation in one.evaluations:
            if evaluation.term_id in closed and evaluation.purpose is None:
                sums[evaluation.section_id, evaluation.term_id] += int(evaluation.weight)
        assert set(sums.values()) <= {100}


def test_policies_show_in_the_grades(medium: list[DemoSchool]) -> None:
    """In one school the lowest is dropped and extra credit adds, in one an absence counts."""
    found = Counter[str]()
    for one in medium:
        rules = (
            {
                "drops": any(category.drop_lowest for category in one.school.policy.categories),
                "adds": one.school.policy.extra_credit_bound is not None,
                "absent": one.school.policy.absent is AbsentRule.MINIMUM,
            }
            if one.school.policy
            else {}
        )
        found.update(rule for rule, given in rules.items() if given)
        grades = list(consolidated(one, sections=3))
        assert any(grade.dropped for grade in grades) == bool(rules.get("drops"))
        assert any(grade.extra for grade in grades) == bool(rules.get("adds"))
    assert found == {"drops": 1, "adds": 1, "absent": 1}


def consolidated(one: DemoSchool, *, sections: int) -> Iterable[Grade]:
    """Every grade of some of the school's sections, by its policy."""
    some = {section.section_id for section in one.sections[:sections]}
    held: dict[tuple[str, str, str], dict[str, Score]] = {}
    for score in (score for score in one.scores() if score.section_id in some):
        held.setdefault((score.term_id, score.section_id, score.student_id), {})[score.evaluation_id] = score
    for (term_id, section_id, _), scores in held.items():
        place = [e for e in one.evaluations if (e.term_id, e.section_id) == (term_id, section_id)]
        yield consolidate(one.school.scale_in(term_id), place, scores, one.school.policy_in(term_id))


def test_some_evaluations_count_for_nothing_and_one_of_each_school_was_set_twice(full: list[DemoSchool]) -> None:
    every = [evaluation for one in full for evaluation in one.evaluations]
    purposes = Counter(evaluation.purpose for evaluation in every)
    assert purposes.keys() == {None, EvaluationPurpose.FORMATIVE, EvaluationPurpose.EXTRA_CREDIT}
    assert 0.02 < purposes[EvaluationPurpose.FORMATIVE] / len(every) < 0.2
    for one in full:
        named = {evaluation.evaluation_id: evaluation for evaluation in one.evaluations}
        mistaken = named[one.mistaken]
        assert mistaken.title in {each.title for each in named.values() if each.evaluation_id != one.mistaken}
        assert [term.closed for term in one.school.terms if term.term_id == mistaken.term_id] == [False]


def test_a_few_scores_have_a_line_for_the_family(many_scores: list[tuple[DemoSchool, list[Score]]]) -> None:
    scores = [score for _, of_one in many_scores for score in of_one]
    commented = [score for score in scores if score.comment]
    assert 0.02 < len(commented) / len(scores) < 0.04
    assert {score.state for score in commented} == set(ScoreState) - {ScoreState.VOID}


def test_sections_of_two_schools_share_ids_so_that_a_mix_up_shows(medium: list[DemoSchool]) -> None:
    first, second = ({section.section_id for section in one.sections} for one in medium[:2])
    assert first & second


def test_no_name_or_national_id_is_part_of_an_id(medium: list[DemoSchool]) -> None:
    for one in medium:
        for student in one.students:
            assert student.given_name.split()[0].lower() not in student.student_id
            assert student.national_id is not None
            assert student.national_id.lower() not in student.student_id


def test_some_section_is_shared_and_in_some_somebody_stands_in_today(full: list[DemoSchool]) -> None:
    for school in full:
        shared, standing_in = school.assignments
        sections = {section.section_id: section for section in school.sections}
        for one in school.assignments:
            assert one.teacher_id in {teacher.teacher_id for teacher in school.teachers}
            assert one.teacher_id != sections[one.section_id].teacher_id
        assert (shared.capacity, standing_in.capacity) == (Capacity.CO_TEACHER, Capacity.SUBSTITUTE)
        assert standing_in.starts_on
        assert standing_in.ends_on
        assert standing_in.starts_on < TODAY < standing_in.ends_on
        assert standing_in.reason


def test_some_schools_let_administrators_grade_and_others_say_nothing(full: list[DemoSchool]) -> None:
    assert Counter(school.school.administrators_grade for school in full) == {True: 2, None: MAX_SCHOOLS - 2}
    assert full[1].school.administrators_grade, "the default demo has two schools"
