"""The use cases of evaluations: what views, tasks, the console and other apps call."""

from evaluations.services.government import (
    GovernmentGrade,
    acknowledge_grades,
    list_pending_grades,
    list_term_grades,
)
from evaluations.services.importing import import_evaluation, import_roster
from evaluations.services.reading import (
    get_evaluation,
    get_score,
    list_scores,
    list_section_evaluations,
    list_section_students,
    list_sections,
)
from evaluations.services.recording import create_evaluation, record_score
from evaluations.services.rules import get_school, open_terms

__all__ = [
    "GovernmentGrade",
    "acknowledge_grades",
    "create_evaluation",
    "get_evaluation",
    "get_school",
    "get_score",
    "import_evaluation",
    "import_roster",
    "list_pending_grades",
    "list_scores",
    "list_section_evaluations",
    "list_section_students",
    "list_sections",
    "list_term_grades",
    "open_terms",
    "record_score",
]
