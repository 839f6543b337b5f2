"""The columns of the files that are read; the others of the standard are known and left alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from evaluations.roster_files.tables import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "manifest.csv"
V1_1, V1_2 = "1.1", "1.2"
_ID, _STATUS = "sourcedId", "status"
_BASE = frozenset({"dateLastModified"})


def _columns(needed: str, read: str = "", ignored: str = "") -> Columns:
    return Columns((_ID, *needed.split()), (_STATUS, *read.split()), _BASE | frozenset(ignored.split()))


FILES: Mapping[str, Columns] = MappingProxyType(
    {
        "academicSessions.csv": _columns("type startDate", "parentSourcedId", "title endDate schoolYear"),
        "courses.csv": _columns(
            "title", "grades schoolYearSourcedId", "schoolYearId courseCode orgSourcedId subjects subjectCodes"
        ),
        "classes.csv": _columns(
            "title courseSourcedId termSourcedIds",
            "schoolSourcedId",
            "grades classCode classType location subjects subjectCodes periods",
        ),
        "users.csv": _columns(
            "givenName familyName",
            "role userIds grades",
            "enabledUser orgSourcedIds username middleName identifier email sms phone agentSourcedIds password"
            " userMasterIdentifier resourceSourcedIds preferredGivenName preferredMiddleName preferredFamilyName"
            " primaryOrgSourcedId pronouns",
        ),
        "roles.csv": _columns("userSourcedId role", "", "roleType beginDate endDate orgSourcedId userProfileSourcedId"),
        "demographics.csv": _columns(
            "",
            "birthDate",
            "sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican nativeHawaiianOrOtherPacificIslander white"
            " demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation"
            " cityOfBirth publicSchoolResidenceStatus",
        ),
        "enrollments.csv": _columns(
            "classSourcedId userSourcedId role", "primary beginDate endDate", "schoolSourcedId"
        ),
    }
)
NEEDED = ("courses.csv", "classes.csv", "users.csv", "enrollments.csv")  # without them there is no roster
NOT_READ = frozenset(
    f"{name}.csv"
    for name in [
        "classResources",
        "courseResources",
        "categories",
        "lineItemCategories",
        "lineItems",
        "lineItemLearningObjectiveIds",
        "lineItemScoreScales",
        "orgs",
        "resources",
        "results",
        "resultLearningObjectiveIds",
        "resultScoreScales",
        "scoreScales",
        "userProfiles",
        "userResources",
    ]
)
