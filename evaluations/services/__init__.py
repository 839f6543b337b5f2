"""The use cases of evaluations: what views, tasks, the console and other apps call."""

from evaluations.services.consolidated_grades import get_section_grades
from evaluations.services.correcting import correct_score, void_score
from evaluations.services.editing import delete_evaluation, edit_evaluation
from evaluations.services.government import (
    GovernmentGrade,
    acknowledge_grades,
    list_pending_grades,
    list_pending_marks,
    list_term_grades,
)
from evaluations.services.importing import import_roster
from evaluations.services.importing_scores import ImportedScores, import_evaluation
from evaluations.services.reading import (
    get_evaluation,
    get_score,
    list_editions,
    list_revisions,
    list_scores,
    list_section_evaluations,
    list_section_scores,
    list_section_students,
    list_sections,
    list_student_scores,
    require_student,
)
from evaluations.services.recording import create_evaluation, record_score
from evaluations.services.report_cards import get_report_card
from evaluations.services.rules import get_school, open_terms
from evaluations.services.section_entry import Row, record_section
from evaluations.services.terms import close_term, list_terms, reopen_term

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
    "list_editions",
    "list_pending_grades",
    "list_pending_marks",
    "list_revisions",
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
    "require_student",
    "void_score",
]
