from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edu.errors import InvalidInputError
from edu.tenancy import check_school_id
from evaluations.domain.grading_policy import AbsentRule, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term

TERM = Term(
    term_id="2026-q4", name="Cuarto bimestre", starts_on=date(2026, 10, 19), ends_on=date(2026, 12, 18), closed=False
)
EARLIER = Term(
    term_id="2026-q3", name="Tercer bimestre", starts_on=date(2026, 8, 10), ends_on=date(2026, 10, 9), closed=True
)
SCHOOL = School(
    school_id="colegio-1",
    name="Colegio Ñandú",
    country="PE",
    time_zone="America/Lima",
    locale="es-PE",
    scale=STANDARD_SCALES["0-20"],
    terms=(EARLIER, TERM),
)
STUDENT = Student(
    student_id="est-1",
    given_name="Íñigo",
    family_name="Núñez Peña",
    national_id="99170717-0",
    birth_on=date(2015, 5, 18),
    grade_level=5,
)


@pytest.mark.parametrize(
    ("day", "within"),
    [
        (date(2026, 10, 18), False),
        (date(2026, 10, 19), True),
        (date(2026, 12, 18), True),
        (date(2026, 12, 19), False),
    ],
)
def test_term_contains_both_its_ends(day: date, within: bool) -> None:  # noqa: FBT001 - a table's column
    assert TERM.contains(day) is within


def test_term_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends_on"):
        replace(TERM, ends_on=date(2026, 10, 18))


@pytest.mark.parametrize(
    "terms",
    [
        (TERM, EARLIER),
        (TERM, TERM),
        (EARLIER, replace(TERM, starts_on=date(2026, 10, 9))),
        (EARLIER, replace(TERM, term_id="2026-q3")),
    ],
)
def test_terms_that_repeat_overlap_or_go_back_are_refused(terms: tuple[Term, ...]) -> None:
    with pytest.raises(ValueError, match="terms"):
        replace(SCHOOL, terms=terms)


@settings(deadline=None)
@given(st.text(alphabet="aZ09-#*? _\nñ\u0663", max_size=33))
@example("a")
@example("a1")
@example("-a")
@example("a" * 31)
@example("a" * 32)
@example("escuela-1\n")
def test_school_id_is_checked_as_the_ground_floor_checks_it(school_id: str) -> None:
    try:
        check_school_id(school_id)
    except InvalidInputError:
        with pytest.raises(ValueError, match="school_id"):
            replace(SCHOOL, school_id=school_id)
    else:
        assert replace(SCHOOL, school_id=school_id).school_id == school_id


@pytest.mark.parametrize(
    "time_zone", ["", "America", "America/Nowhere", "../America/Lima", "/etc/localtime", "GMT+99", "a\x00"]
)
def test_unknown_time_zone_is_refused(time_zone: str) -> None:
    with pytest.raises(ValueError, match="time_zone"):
        replace(SCHOOL, time_zone=time_zone)


@pytest.mark.parametrize(("country", "locale"), [("pe", "es-PE"), ("PER", "es-PE"), ("PE", "es_PE"), ("PE", "")])
def test_country_and_locale_of_another_form_are_refused(country: str, locale: str) -> None:
    with pytest.raises(ValueError, match="country or locale"):
        replace(SCHOOL, country=country, locale=locale)


@pytest.mark.parametrize("grade_level", [0, 14, -1])
def test_grade_level_outside_a_school_is_refused(grade_level: int) -> None:
    with pytest.raises(ValueError, match="grade_level"):
        replace(STUDENT, grade_level=grade_level)
    with pytest.raises(ValueError, match="grade_level"):
        Course(course_id="mat-05", name="Matemática", grade_level=grade_level)


@pytest.mark.parametrize(
    "national_id", ["", "123", "99170717-0\n", "9917 0717", "9" * 21, "\uff19\uff19\uff19\uff19\uff19"]
)
def test_national_id_of_another_form_is_refused_without_repeating_it(national_id: str) -> None:
    with pytest.raises(ValueError, match=r"^national_id: not 4 to 20 characters 0-9, A-Z, \., -$"):
        replace(STUDENT, national_id=national_id)


@pytest.mark.parametrize("bad", ["", "A", "a b", "a#b", "a" * 41])
def test_bad_ids_are_refused_by_field(bad: str) -> None:
    with pytest.raises(ValueError, match="term_id"):
        replace(TERM, term_id=bad)
    with pytest.raises(ValueError, match="student_id"):
        replace(STUDENT, student_id=bad)
    with pytest.raises(ValueError, match="teacher_id"):
        Teacher(teacher_id=bad, given_name="Ana", family_name="Peña")
    with pytest.raises(ValueError, match="section_id"):
        Enrolment(section_id=bad, student_id="est-1")
    with pytest.raises(ValueError, match="student_id"):
        Enrolment(section_id="2026-mat-05a", student_id=bad)
    with pytest.raises(ValueError, match="course_id"):
        Course(course_id=bad, name="Matemática", grade_level=5)


@pytest.mark.parametrize("field", ["section_id", "course_id", "teacher_id", "name", "school_year"])
def test_section_with_a_bad_field_names_it(field: str) -> None:
    section = Section(
        section_id="2026-mat-05a",
        course_id="mat-05",
        school_year=2026,
        name="5º A Matemática",
        teacher_id="doc-1",
    )
    bad: object = 1999 if field == "school_year" else " #"
    with pytest.raises(ValueError, match=field):
        replace(section, **{field: bad})  # type: ignore[arg-type]  # wrong on purpose


def test_school_year_of_a_term_is_the_one_it_starts_in_unless_it_says_another() -> None:
    assert TERM.school_year is None
    assert TERM.year == TERM.starts_on.year
    assert replace(TERM, school_year=2025).year == 2025
    with pytest.raises(ValueError, match="school_year"):
        replace(TERM, school_year=1999)


def test_term_has_the_sections_of_its_year() -> None:
    section = Section(section_id="s", course_id="c", school_year=2026, name="x", teacher_id="t")
    years = (None, 2025, 2026)
    assert [replace(TERM, school_year=year).may_have(section) for year in years] == [True, False, True]


def test_scale_of_a_term_is_its_own_or_the_schools() -> None:
    own = STANDARD_SCALES["0-20"]
    school = replace(SCHOOL, terms=(replace(TERM, scale=own),))
    assert school.scale_in(TERM.term_id) == own
    assert SCHOOL.scale_in(TERM.term_id) == SCHOOL.scale_in("unknown") == SCHOOL.scale


def test_policy_of_a_term_is_its_own_or_the_schools() -> None:
    schools, own = GradingPolicy(absent=AbsentRule.PENDING), GradingPolicy(absent=AbsentRule.MINIMUM)
    school = replace(SCHOOL, policy=schools)
    assert SCHOOL.policy_in(TERM.term_id) is None
    assert school.policy_in(TERM.term_id) == school.policy_in("unknown") == schools
    assert replace(school, terms=(replace(TERM, policy=own),)).policy_in(TERM.term_id) == own
    assert replace(school, terms=(replace(TERM, policy=GradingPolicy()),)).policy_in(TERM.term_id) is None


def test_extra_credit_beyond_the_scale_is_refused() -> None:
    much = GradingPolicy(extra_credit_bound=Decimal(3))
    on_words = replace(TERM, scale=STANDARD_SCALES["superior-bajo"], policy=much)
    assert replace(SCHOOL, policy=much, terms=(on_words,)).policy_in(TERM.term_id) == much
    more = GradingPolicy(extra_credit_bound=Decimal("3.5"))
    with pytest.raises(ValueError, match="extra_credit_bound"):
        replace(SCHOOL, policy=more, terms=(replace(on_words, policy=None),))
    with pytest.raises(ValueError, match="extra_credit_bound"):
        replace(SCHOOL, policy=GradingPolicy(extra_credit_bound=Decimal("20.5")), terms=())


def test_school_year_on_a_day_is_the_latest_that_has_begun() -> None:
    """A northern calendar: the second year's terms lie on both sides of New Year."""

    def term(term_id: str, year: int, starts_on: date) -> Term:
        ends_on = starts_on + timedelta(days=50)
        return Term(term_id=term_id, name="x", starts_on=starts_on, ends_on=ends_on, closed=False, school_year=year)

    terms = (
        term("a", 2025, date(2026, 3, 2)),
        term("b", 2026, date(2026, 9, 1)),
        term("c", 2026, date(2027, 1, 11)),
    )
    school = replace(SCHOOL, terms=terms)
    days = [date(2026, 1, 1), date(2026, 8, 31), date(2026, 9, 1), date(2027, 8, 1)]
    assert [school.year_on(day) for day in days] == [2025, 2025, 2026, 2026]
    assert [found.term_id for found in school.terms_of(2026)] == ["b", "c"]
    assert school.terms_of(2027) == ()
    assert replace(SCHOOL, terms=()).year_on(date(2026, 1, 1)) is None


def test_repr_of_people_gives_nobody_away() -> None:
    teacher = Teacher(teacher_id="doc-1", given_name="Íñigo", family_name="Núñez Peña")
    for text in (repr(STUDENT), repr(teacher)):
        assert not any(secret in text for secret in ("Íñigo", "Núñez", "99170717", "2015"))
    assert "est-1" in repr(STUDENT)
