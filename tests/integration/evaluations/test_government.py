"""The grades the government must hold: all of a term's, whatever the index says of its evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo import table
from edu.dynamo.pages import Page
from edu.tenancy import enter_school
from evaluations import services
from evaluations.services.reports.consolidating import consolidate_section
from tests.integration.govsync.support import record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes
    from tests.support.schools import TestSchool


@pytest.mark.parametrize("consolidated", [False, True])
def test_terms_grades_are_complete_while_the_index_is_behind(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch, *, consolidated: bool
) -> None:
    query_page = table.query_page

    def query_all_but_sections(query: table.Query, **cursor: Any) -> Page[Attributes]:
        if query.index and "#SECTION#" in query.partition:
            return Page([])
        return query_page(query, **cursor)

    def no_page_of_sections(query: table.Query, _keep: object, **_cursor: Any) -> Page[Attributes]:
        raise AssertionError(query)

    with enter_school(school.school_id):
        expected = sorted(record_grades(school, "5.5", "6.0") for _ in range(3))
        if consolidated:
            consolidate_section(term_id=OPEN_TERM, section_id="mat-5a")
        monkeypatch.setattr(table, "query_page", query_all_but_sections)
        monkeypatch.setattr(table, "query_filled", no_page_of_sections)
        found = [(grade.evaluation_id, grade.student_id) for grade in services.list_term_grades(term_id=OPEN_TERM)]
    assert found == [(evaluation_id, f"student-00{n}") for evaluation_id in expected for n in (0, 1)]
