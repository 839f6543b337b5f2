import re
from itertools import permutations

import pytest

from evaluations.demo.catalogue import CATALOGUE
from evaluations.demo.names import FAMILY_NAMES, GIVEN_NAMES
from evaluations.demo.subjects import SUBJECTS, subjects_of
from evaluations.domain.scales import STANDARD_SCALES

IDS = [entry.school_id for entry in CATALOGUE]


def test_there_are_fifty_schools_with_ids_and_names_of_their_own() -> None:
    assert len(CATALOGUE) == len(set(IDS)) == len({entry.name for entry in CATALOGUE}) == 50
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{1,30}", school_id, re.ASCII) for school_id in IDS)


def test_ids_look_alike_where_isolation_is_hard() -> None:
    assert {"escuela-1", "escuela-10"} <= set(IDS[:5])
    prefixes = [(a, b) for a, b in permutations(IDS, 2) if b.startswith(a)]
    assert len(prefixes) >= 5
    assert {len(school_id) for school_id in IDS} >= {2, 31}


def test_first_schools_differ_in_country_scale_and_time_zone() -> None:
    assert len({entry.profile.country for entry in CATALOGUE[:8]}) == 6
    assert len({entry.profile.scale.scale_id for entry in CATALOGUE}) == len(STANDARD_SCALES)
    assert len({entry.time_zone for entry in CATALOGUE}) >= 15


@pytest.mark.parametrize("names", [GIVEN_NAMES, FAMILY_NAMES], ids=["given", "family"])
def test_names_are_distinct_and_show_accents(names: tuple[str, ...]) -> None:
    assert len(set(names)) == len(names)
    letters = set("".join(names).lower())
    assert letters >= set("áéíóúñ")


def test_every_grade_level_has_six_to_eight_subjects() -> None:
    assert {6 <= len(subjects_of(level)) <= 8 for level in range(1, 12)} == {True}
    renamed = {code for entry in CATALOGUE for code in entry.profile.subjects}
    assert renamed <= {subject.code for subject in SUBJECTS}
