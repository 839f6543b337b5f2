"""What the files of an export hold: the columns of each. ``docs/EXPORTS.md`` says the same to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.schemas import Column, ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPORT_VERSION: Final = 1
_STRING, _INT, _BIGINT, _DOUBLE = ColumnType

SCHOOL: Final = "school.json"
EVALUATIONS: Final = "parquet/evaluations.parquet"
SCORES: Final = "parquet/scores.parquet"
ENROLMENTS: Final = "parquet/enrolments.parquet"
EVENTS: Final = "parquet/events.parquet"

PARQUET: Final[Mapping[str, tuple[Column, ...]]] = {
    EVALUATIONS: (
        *map(Column, ("evaluation_id", "section_id", "course_id", "term_id", "kind", "purpose", "title", "weight")),
        *map(Column, ("held_on", "scale_id")),
        Column("cancelled", _INT),
        Column("version", _BIGINT),
        *map(Column, ("created_by", "created_at")),
    ),
    SCORES: (
        *map(Column, ("evaluation_id", "student_id", "section_id", "course_id", "term_id", "kind", "purpose")),
        *map(Column, ("state", "value")),
        Column("late", _INT),
        Column("comment"),
        Column("version", _BIGINT),
        *map(Column, ("recorded_by", "recorded_at")),
    ),
    ENROLMENTS: (
        *map(Column, ("section_id", "student_id", "starts_on", "ends_on")),
        Column("standing", _INT),
    ),
    EVENTS: (
        *map(Column, ("event_id", "student_id", "student_pseudonym", "kind", "value")),
        Column("occurred_at_epoch_s", _BIGINT),
        Column("arrived_at_epoch_s", _BIGINT),
    ),
}

_BASE: Final = ("sourcedId", "status", "dateLastModified")
ONEROSTER: Final[Mapping[str, tuple[str, ...]]] = {
    "academicSessions.csv": (*_BASE, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "categories.csv": (*_BASE, "title", "weight"),
    "classes.csv": (
        *(*_BASE, "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId"),
        *("termSourcedIds", "subjects", "subjectCodes", "periods"),
    ),
    "courses.csv": (
        *(*_BASE, "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects"),
        "subjectCodes",
    ),
    "demographics.csv": (
        *(*_BASE, "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
        *("nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces"),
        *("hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth"),
        "publicSchoolResidenceStatus",
    ),
    "enrollments.csv": (
        *(*_BASE, "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
    ),
    "lineItems.csv": (
        *(*_BASE, "title", "description", "assignDate", "dueDate", "classSourcedId", "categorySourcedId"),
        *("gradingPeriodSourcedId", "resultValueMin", "resultValueMax", "schoolSourcedId"),
    ),
    "orgs.csv": (*_BASE, "name", "type", "identifier", "parentSourcedId"),
    "results.csv": (
        *(*_BASE, "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate", "comment"),
        *("textScore", "classSourcedId", "inProgress", "incomplete", "late", "missing"),
    ),
    "roles.csv": (
        *(*_BASE, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
        "userProfileSourcedId",
    ),
    "users.csv": (
        *(*_BASE, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier"),
        *("email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier"),
        *("resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName"),
        *("primaryOrgSourcedId", "pronouns"),
    ),
}
"""OneRoster 1.2's CSV binding: the files that an export has, and all their columns in the standard's order."""
ABSENT: Final = (
    *("classResources", "courseResources", "lineItemLearningObjectiveIds", "lineItemScoreScales", "resources"),
    *("resultLearningObjectiveIds", "resultScoreScales", "scoreScales", "userProfiles", "userResources"),
)
"""The standard's other files, by the manifest's names for them."""
