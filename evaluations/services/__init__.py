"""The use cases of evaluations: what views, tasks, the console and other apps call."""

from evaluations.services.copies.feed import ChangePage, list_changes
from evaluations.services.copies.taking_along import (
    SectionPlaces,
    WholeRoster,
    iterate_graded,
    read_section_places,
    read_whole_roster,
)
from evaluations.services.government import (
    GovernmentGrade,
    acknowledge_grades,
    iterate_pending_grades,
    list_graded_evaluations,
    list_pending_grades,
    list_pending_marks,
    list_term_grades,
    mark_pending_again,
)
from evaluations.services.grading.cancelling import cancel_evaluation, reinstate_evaluation
from evaluations.services.grading.correcting import correct_score, void_score
from evaluations.services.grading.editing import delete_evaluation, edit_evaluation
from evaluations.services.grading.reading import (
    courses_names,
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
    students_names,
    teachers_names,
)
from evaluations.services.grading.recording import create_evaluation, record_score
from evaluations.services.grading.score_import import ImportedScores, import_evaluation
from evaluations.services.grading.section_entry import Row, record_section
from evaluations.services.grading.section_teachers import (
    SectionTeachers,
    assign_teacher,
    end_assignment,
    list_section_teachers,
)
from evaluations.services.lake import (
    WrittenGrades,
    list_grades_of,
    list_written_grades,
)
from evaluations.services.reports.consolidated_grades import get_section_grades
from evaluations.services.reports.report_cards import get_report_card
from evaluations.services.roster.advancing import Progress, advance_import, stalled_imports
from evaluations.services.roster.deciding import approve_import, discard_import, undo_import
from evaluations.services.roster.loading import import_school
from evaluations.services.roster.previewing import ImportOptions, Preview, preview_import
from evaluations.services.roster.reading import iterate_student_ids, list_imports, list_kept, list_places
from evaluations.services.roster.starting import commit_import
from evaluations.services.school.closing import close_term, list_terms, reopen_term
from evaluations.services.school.school_cache import get_school, open_terms

__all__ = [
    "ChangePage",
    "GovernmentGrade",
    "ImportOptions",
    "ImportedScores",
    "Preview",
    "Progress",
    "Row",
    "SectionPlaces",
    "SectionTeachers",
    "WholeRoster",
    "WrittenGrades",
    "acknowledge_grades",
    "advance_import",
    "approve_import",
    "assign_teacher",
    "cancel_evaluation",
    "close_term",
    "commit_import",
    "correct_score",
    "courses_names",
    "create_evaluation",
    "delete_evaluation",
    "discard_import",
    "edit_evaluation",
    "end_assignment",
    "get_evaluation",
    "get_report_card",
    "get_school",
    "get_score",
    "get_section_grades",
    "import_evaluation",
    "import_school",
    "iterate_graded",
    "iterate_pending_grades",
    "iterate_student_ids",
    "list_changes",
    "list_evaluation_versions",
    "list_graded_evaluations",
    "list_grades_of",
    "list_imports",
    "list_kept",
    "list_pending_grades",
    "list_pending_marks",
    "list_places",
    "list_score_versions",
    "list_scores",
    "list_section_evaluations",
    "list_section_scores",
    "list_section_students",
    "list_section_teachers",
    "list_sections",
    "list_student_scores",
    "list_term_grades",
    "list_terms",
    "list_written_grades",
    "mark_pending_again",
    "open_terms",
    "preview_import",
    "read_section_places",
    "read_whole_roster",
    "record_score",
    "record_section",
    "reinstate_evaluation",
    "reopen_term",
    "require_own_student",
    "require_student",
    "stalled_imports",
    "students_names",
    "teachers_names",
    "undo_import",
    "void_score",
]
