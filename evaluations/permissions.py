"""What may be done in evaluations, and which roles may do it.

A teacher acts in the sections that they teach: their own, and those they share or stand in for today. ``..._ANYWHERE``
and ``SEE_EVERY_SECTION`` do without. Which section, which term and whether a reason is needed, the services decide.
"""

from __future__ import annotations

from edu.identity.capabilities import Capability, grant
from edu.identity.principal import Role

SEE_SCHOOL = Capability("evaluations.see_school")  # its terms, sections and the students in them
SEE_EVALUATIONS = Capability("evaluations.see_evaluations")  # and their histories
SEE_EVERY_SECTION = Capability("evaluations.see_every_section")  # its students and evaluations

SEE_SCORES = Capability("evaluations.see_scores")  # and their histories and the section's consolidated grades
SEE_SCORES_ANYWHERE = Capability("evaluations.see_scores_anywhere")
SEE_REPORT_CARDS = Capability("evaluations.see_report_cards")  # the rows of the sections they teach
SEE_WHOLE_REPORT_CARDS = Capability("evaluations.see_whole_report_cards")  # every row, of any student

TEACH = Capability("evaluations.teach")  # act as a teacher of the sections that they teach
SET_EVALUATIONS = Capability("evaluations.set_evaluations")
SET_EVALUATIONS_ANYWHERE = Capability("evaluations.set_evaluations_anywhere")  # where they do not teach, with a reason
RECORD_SCORES = Capability("evaluations.record_scores")  # also correct and void them
GRADE_FOR_ABSENT = Capability(
    "evaluations.grade_for_absent"
)  # in open terms, with a reason, where the school lets them
WRITE_IN_CLOSED_TERMS = Capability("evaluations.write_in_closed_terms")  # scores and evaluations of any section
CLOSE_TERMS = Capability("evaluations.close_terms")  # and reopen them
SEE_CHANGES = Capability("evaluations.see_changes")  # of every record of the school, for who keeps a copy of it
ASSIGN_TEACHERS = Capability("evaluations.assign_teachers")  # who teaches a section beside its teacher
TAKE_ALONG = Capability("evaluations.take_along")  # all that the school has, for an export of it
IMPORT_ROSTER = Capability("evaluations.import_roster")  # also approve, discard and undo what others imported

_TEACHING = frozenset(
    {SEE_SCHOOL, SEE_EVALUATIONS, SEE_SCORES, SEE_REPORT_CARDS, TEACH, SET_EVALUATIONS, RECORD_SCORES}
)
_IN_EVERY_SECTION = frozenset(
    {
        *(SEE_EVERY_SECTION, SEE_SCORES_ANYWHERE, SEE_WHOLE_REPORT_CARDS),
        *(SET_EVALUATIONS_ANYWHERE, GRADE_FOR_ABSENT, WRITE_IN_CLOSED_TERMS),
    }
)

grant(
    "evaluations",
    {
        Role.TEACHER: _TEACHING,
        Role.SCHOOL_ADMIN: _TEACHING
        | _IN_EVERY_SECTION
        | {
            CLOSE_TERMS,
            ASSIGN_TEACHERS,
            IMPORT_ROSTER,
            SEE_CHANGES,
            TAKE_ALONG,
        },  # an administrator may be a teacher too
        Role.AUDITOR: frozenset({SEE_SCHOOL, SEE_EVALUATIONS, SEE_EVERY_SECTION}),  # never a child's grade (ADR 0003)
        # by manage.py alone: no token of theirs opens a school
        Role.PLATFORM_OPERATOR: frozenset({ASSIGN_TEACHERS, IMPORT_ROSTER, TAKE_ALONG}),
    },
)
