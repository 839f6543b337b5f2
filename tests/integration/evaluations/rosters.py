"""Importing rosters as an administrator does: seen, committed, gone on with to the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.roster import Entity
from evaluations.repository import roster, roster_imports
from tests.support.cloud import acting_as
from tests.support.schools import import_school

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.domain.roster_imports import RosterImport
    from tests.support.cloud import Cloud

OPTIONS = services.ImportOptions()
_ROSTER = (*map(str, Entity), "past_enrolment")


def principal(school_id: str, name: str = "ana") -> Principal:
    """An administrator of the school."""
    return Principal(f"admin-{name}", Role.SCHOOL_ADMIN, school_id)


def make_empty_school(school_id: str) -> str:
    """A school with its own record and nobody in it."""
    with acting_as("worker"):
        school = import_school(f"{school_id}-m", students=1).school
        services.import_school(actor=principal(school_id), school=replace(school, school_id=school_id))
    return school_id


def begin(
    school_id: str, files: Mapping[str, bytes], options: services.ImportOptions = OPTIONS, *, by: str = "ana"
) -> RosterImport:
    """See what the files do, and commit that."""
    actor = principal(school_id, by)
    with enter_school(school_id):
        preview = services.preview_import(actor=actor, files=files, options=options)
        return services.commit_import(actor=actor, files=files, options=options, digest=preview.digest)


def finish(school_id: str, import_id: str) -> RosterImport:
    """Go on with an import to its end."""
    with enter_school(school_id):
        while services.advance_import(import_id=import_id).more:
            pass
        return roster_imports.get_import(import_id)


def load(school_id: str, files: Mapping[str, bytes], options: services.ImportOptions = OPTIONS) -> RosterImport:
    """Import files to the end, approved if they are held."""
    record = begin(school_id, files, options)
    if not record.is_running:
        with enter_school(school_id):
            services.approve_import(
                actor=principal(school_id, "luis"), import_id=record.import_id, digest=record.digest
            )
    return finish(school_id, record.import_id)


def table_of(cloud: Cloud, school_id: str) -> dict[str, dict[str, Any]]:
    """A school's roster as it stands, without which school and which imports it is of."""
    found = {}
    for item in cloud.items_of(school_id):
        if item["entity"]["S"] in _ROSTER:
            import_id = item.pop("import_id", {"S": ""})["S"]
            text = {
                n: repr(v).replace(school_id, "SCHOOL").replace(import_id or "-none-", "IMPORT")
                for n, v in item.items()
            }
            found[f"{text['pk']} {text['sk']}"] = text
    return found


def students_of(school_id: str, section_id: str) -> list[str]:
    """Who is in a section."""
    with enter_school(school_id):
        return [enrolment.student_id for enrolment in roster.list_enrolments(section_id, consistent=True)]
