"""What may be shown of groups: nobody who subtracts one shown number from another learns of few people."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.small_groups import MINIMUM, Group, apart, kept, shown

GROUPS = st.lists(
    st.builds(Group, st.sampled_from("abcdefgh"), st.sampled_from("XYZ"), st.integers(0, 12)),
    max_size=10,
    unique_by=lambda group: (group.parent, group.key),
)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12)))
def test_what_is_hidden_of_a_whole_is_nobody_or_enough(people: dict[str, int]) -> None:
    visible = kept(people)
    hidden = sum(count for key, count in people.items() if key not in visible)
    assert all(people[key] >= MINIMUM for key in visible)
    assert not visible or hidden == 0 or hidden >= MINIMUM


@given(GROUPS)
def test_no_difference_of_sections_courses_and_the_school_is_of_few(groups: list[Group]) -> None:
    visible = shown(groups)
    courses: dict[str, int] = {}
    for group in groups:
        courses[group.parent] = courses.get(group.parent, 0) + group.people
    visible_courses = kept(courses)
    school = sum(courses.values())
    known = {
        **({frozenset((g.parent, g.key) for g in groups): school} if school >= MINIMUM else {}),
        **{
            frozenset((g.parent, g.key) for g in groups if g.parent == course): courses[course]
            for course in visible_courses
        },
        **{frozenset({(g.parent, g.key)}): g.people for g in groups if (g.parent, g.key) in visible},
    }
    people = {(g.parent, g.key): g.people for g in groups}
    for whole in known:
        inside = [part for part in known if part < whole]
        for size in range(1, min(len(inside), 4) + 1):
            for parts in combinations(inside, size):
                if sum(map(len, parts)) == len(frozenset().union(*parts)):
                    left = whole - frozenset().union(*parts)
                    count = sum(people[place] for place in left)
                    assert count == 0 or count >= MINIMUM


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    assert kept({"a": 2, "b": 9, "c": 20}) == {"c"}
    assert kept({"a": 3, "b": 2, "c": 20}) == {"c"}
    assert kept({"a": 3, "b": 6}) == frozenset()
    assert kept({"a": 5, "b": 6}) == {"a", "b"}
    assert kept({"a": 0, "b": 6}) == {"b"}


@given(st.dictionaries(st.sampled_from("abcd"), st.frozensets(st.integers(0, 14), min_size=1)))
def test_of_two_groups_of_which_one_is_the_other_without_a_few_one_is_hidden(groups: dict[str, frozenset[int]]) -> None:
    named = {key: frozenset(map(str, people)) for key, people in groups.items()}
    visible = apart(named)
    assert all(len(named[key]) >= MINIMUM for key in visible)
    for one, other in combinations(sorted(visible), 2):
        small, large = sorted((named[one], named[other]), key=len)
        assert not small < large or len(large - small) >= MINIMUM
