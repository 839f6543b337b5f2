"""What the API gives of consolidated grades and report cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from edu.http.serializers import shown

if TYPE_CHECKING:
    from evaluations.domain.school import Term
    from evaluations.services.reports.consolidated_grades import SectionGrades
    from evaluations.services.reports.report_cards import CardLine, ReportCard

_WEIGHT_TOTAL = (
    "Of all evaluations that count. Weights are relative and no percentages: the total may be other than 100."
)


class GradeOutput(serializers.Serializer[Any]):
    """A consolidated grade: as the scale writes it, and the mean before rounding, for people and as a fraction.

    ``mean`` has four places, and more where four would come to another grade than the fraction does, or lie on the
    other side of a passing mark; its last place may be rounded either way for the same reason.

    Formative and cancelled evaluations are in no number here, and extra credit is in ``mean`` and ``extra`` only.
    """

    value = serializers.CharField(allow_null=True)
    mean = serializers.CharField(allow_null=True)
    exact = serializers.CharField(allow_null=True)
    passing = serializers.BooleanField(
        source="verdict",
        allow_null=True,
        help_text="Null while `complete` is false: what is missing may turn it around.",
    )
    complete = serializers.BooleanField()
    counted = serializers.IntegerField(help_text="Evaluations that the mean is taken over.")
    dropped = serializers.IntegerField(
        allow_null=True, help_text="Left out as the lowest of their kind; null when none is."
    )
    evaluations = serializers.IntegerField(help_text="Those that count: of them some may not be graded yet.")
    weight_counted = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        help_text="Of the evaluations that count: a part of `weight_total`, no percentage.",
    )
    weight_total = serializers.DecimalField(max_digits=9, decimal_places=2, help_text=_WEIGHT_TOTAL)
    extra = serializers.DecimalField(
        max_digits=15,
        decimal_places=8,
        normalize_output=True,
        allow_null=True,
        help_text="Points that extra credit adds, which `mean` has in it as far as the best grade leaves room.",
    )


class GradeLineOutput(serializers.Serializer[Any]):
    """A student's grade, and whether scores may have changed since it was computed."""

    student_id = serializers.CharField()
    grade = GradeOutput(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()


class SectionGradesOutput(serializers.Serializer[Any]):
    """A section's consolidated grades in a term."""

    section_id = serializers.CharField()
    term_id = serializers.CharField()
    evaluations = serializers.IntegerField()
    weight_total = serializers.DecimalField(max_digits=9, decimal_places=2, help_text=_WEIGHT_TOTAL)
    stale = serializers.BooleanField()
    results = GradeLineOutput(many=True, source="lines")


class CardTermOutput(serializers.Serializer[Any]):
    """A term of the card."""

    term_id = serializers.CharField()
    name = serializers.CharField()
    closed = serializers.BooleanField()
    scale_id = serializers.CharField()


class TermGradeOutput(serializers.Serializer[Any]):
    """A course's grade in a term."""

    term_id = serializers.CharField()
    grade = GradeOutput(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()


class CourseOutput(serializers.Serializer[Any]):
    """A row of the card: a course as one section has it. Not ``attended``: a section the student is in no longer."""

    section_id = serializers.CharField()
    section = serializers.CharField()
    course_id = serializers.CharField()
    course = serializers.CharField()
    attended = serializers.BooleanField()
    grades = TermGradeOutput(many=True)
    year = GradeOutput(allow_null=True)


class CardStudentOutput(serializers.Serializer[Any]):
    """Whose card it is."""

    student_id = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()


class CardSchoolOutput(serializers.Serializer[Any]):
    """Whose school it is."""

    school_id = serializers.CharField()
    name = serializers.CharField()


class ReportCardOutput(serializers.Serializer[Any]):
    """A report card. ``averages`` are over the courses, a term each; empty for a teacher (``own_sections_only``).

    ``scale_id`` is null when the terms are on different scales; the years have no value then.
    """

    school = CardSchoolOutput()
    student = CardStudentOutput()
    scale_id = serializers.CharField(allow_null=True)
    school_year = serializers.IntegerField(allow_null=True)
    terms = CardTermOutput(many=True)
    courses = CourseOutput(many=True)
    averages = GradeOutput(many=True)
    year = GradeOutput(allow_null=True)
    own_sections_only = serializers.BooleanField()
    stale = serializers.BooleanField()
    as_of = serializers.DateTimeField(allow_null=True)


def section_data(section: SectionGrades) -> dict[str, Any]:
    """A section's grades as the API gives them."""
    return shown(SectionGradesOutput, section)


def card_data(card: ReportCard) -> dict[str, Any]:
    """A report card as the API gives it."""
    return shown(
        ReportCardOutput,
        {
            "school": card.school,
            "student": card.student,
            "scale_id": card.scale.scale_id if card.scale else None,
            "school_year": card.school_year,
            "terms": [_term(card, term) for term in card.terms],
            "courses": [_course(card, line) for line in card.lines],
            "averages": card.averages,
            "year": card.year,
            "own_sections_only": card.partial,
            "stale": card.stale,
            "as_of": card.as_of,
        },
    )


def _term(card: ReportCard, term: Term) -> dict[str, Any]:
    return {
        "term_id": term.term_id,
        "name": term.name,
        "closed": term.closed,
        "scale_id": card.school.scale_in(term.term_id).scale_id,
    }


def _course(card: ReportCard, line: CardLine) -> dict[str, Any]:
    return {
        "section_id": line.section.section_id,
        "section": line.section.name,
        "course_id": line.section.course_id,
        "course": line.course_name,
        "attended": line.attended,
        "grades": [
            {"term_id": term.term_id, "grade": found.grade, "as_of": found.as_of, "stale": found.stale}
            for term, found in zip(card.terms, line.grades, strict=True)
        ],
        "year": line.year,
    }
