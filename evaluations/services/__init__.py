"""The use cases of evaluations: what views, tasks, the console and other apps call."""

from evaluations.services.government import (
    GovernmentGrade,
    acknowledge_grades,
    list_pending_grades,
    list_pending_marks,
    list_term_grades,
)
from evaluations.services.grading.correcting import correct_score, void_score
from evaluations.services.grading.editing import delete_evaluation, edit_evaluation
from evaluations.services.grading.reading import (
    get_evaluation,
    get_score,
    list_evaluation_versions,
    list_score_versions,
    list_scores,
    list_section_evaluations,
    list_section_scores,
    list_section_students,
    list_sections,
    list_student_scores,
    require_own_student,
    require_student,
    teachers_names,
)
from evaluations.services.grading.recording import create_evaluation, record_score
from evaluations.services.grading.score_import import ImportedScores, import_evaluation
from evaluations.services.grading.section_entry import Row, record_section
from evaluations.services.reports.consolidated_grades import get_section_grades
from evaluations.services.reports.report_cards import get_report_card
from evaluations.services.school.closing import close_term, list_terms, reopen_term
from evaluations.services.school.roster_import import import_roster
from evaluations.services.school.school_cache import get_school, open_terms

__all__ = [
    "GovernmentGrade",
    "ImportedScores",
    "Row",
    "acknowledge_grades",
    "close_term",
    "correct_score",
    "create_evaluation",
    "delete_evaluation",
    "edit_evaluation",
    "get_evaluation",
    "get_report_card",
    "get_school",
    "get_score",
    "get_section_grades",
    "import_evaluation",
    "import_roster",
    "list_evaluation_versions",
    "list_pending_grades",
    "list_pending_marks",
    "list_score_versions",
    "list_scores",
    "list_section_evaluations",
    "list_section_scores",
    "list_section_students",
    "list_sections",
    "list_student_scores",
    "list_term_grades",
    "list_terms",
    "open_terms",
    "record_score",
    "record_section",
    "reopen_term",
    "require_own_student",
    "require_student",
    "teachers_names",
    "void_score",
]
