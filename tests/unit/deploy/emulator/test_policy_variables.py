"""Policy variables and exact patterns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deploy.emulator.extension import patching
from deploy.emulator.extension.policy_variables import (
    _conditions_met,
    _first_match,
    _parse_policy_document,
    compile_pattern,
    plain,
    resolve,
)


def context(**tags: Any) -> Any:
    """An evaluation context whose principal has these tags."""
    keys = {f"aws:principaltag/{name}": value for name, value in tags.items()}
    return patching.core("iam_evaluator").EvalContext(
        principal_arn="arn:aws:sts::000000000000:assumed-role/r/s",
        principal_type="AssumedRole",
        principal_account="000000000000",
        action="dynamodb:GetItem",
        resource_arn="arn:aws:dynamodb:us-east-1:000000000000:table/t",
        region="us-east-1",
        service_context={"k:one": "SCHOOL#a", "k:many": ["SCHOOL#a", "SCHOOL#a#X"]},
        principal_keys=keys,
    )


def conditions_met(conditions: dict[str, Any], ctx: Any) -> bool:
    stock = patching.core("iam_evaluator")._conditions_met
    return bool(_conditions_met(stock)(conditions, ctx))


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("SCHOOL#a*", "SCHOOL#a#x", True),
        ("SCHOOL#a", "SCHOOL#a\n", False),
        ("a*b", "a\nb", True),
        ("a?b", "axb", True),
        ("a?b", "ab", False),
        ("a.b", "axb", False),
        ("A", "a", False),
    ],
)
def test_pattern_matches_the_whole_value(pattern: str, value: str, matches: bool) -> None:  # noqa: FBT001
    assert bool(compile_pattern(pattern, ignore_case=False).match(value)) is matches


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("SCHOOL#${aws:PrincipalTag/school}", "SCHOOL#a"),
        ("${AWS:principaltag/SCHOOL}", "a"),
        ("${aws:PrincipalTag/none, 'guest'}", "guest"),
        ("${ aws:PrincipalTag/school , 'guest'}", "a"),
        ("${*}${?}${$}", "*?$"),
        ("no variable", "no variable"),
    ],
)
def test_variable_is_resolved(text: str, resolved: str) -> None:
    assert plain(resolve(text, context(school="a")) or "") == resolved


@pytest.mark.parametrize("text", ["${aws:PrincipalTag/none}", "${aws:PrincipalTag/many}", "${}", "${x, guest}"])
def test_variable_without_one_value_is_not_resolved(text: str) -> None:
    assert resolve(text, context(many=["a", "b"])) is None


@pytest.mark.parametrize("value", ["*", "?", "a*", "${aws:PrincipalTag/school}"])
def test_value_of_a_variable_is_never_a_wildcard(value: str) -> None:
    pattern = resolve("SCHOOL#${aws:PrincipalTag/school}", context(school=value))
    assert pattern
    compiled = compile_pattern(pattern, ignore_case=False)
    assert compiled.match(f"SCHOOL#{value}")
    assert not compiled.match("SCHOOL#abc")


@pytest.mark.parametrize(
    ("conditions", "tags", "met"),
    [
        ({"StringLike": {"k:one": "SCHOOL#${aws:PrincipalTag/school}*"}}, {"school": "a"}, True),
        ({"StringLike": {"k:one": "SCHOOL#${aws:PrincipalTag/school}"}}, {"school": "*"}, False),
        ({"StringEquals": {"k:one": "SCHOOL#${aws:PrincipalTag/school}"}}, {"school": "a"}, True),
        ({"StringEquals": {"k:one": ["SCHOOL#${aws:PrincipalTag/school}", "SCHOOL#a"]}}, {}, True),
        ({"StringLike": {"k:one": "SCHOOL#${aws:PrincipalTag/school}"}}, {}, False),
        ({"StringNotLike": {"k:one": "SCHOOL#${aws:PrincipalTag/school}"}}, {}, False),
        ({"StringNotLike": {"k:one": "SCHOOL#${aws:PrincipalTag/school}"}}, {"school": "b"}, True),
        ({"ForAllValues:StringLike": {"k:many": "SCHOOL#${aws:PrincipalTag/school}*"}}, {"school": "a"}, True),
        ({"ForAllValues:StringLike": {"k:many": "SCHOOL#${aws:PrincipalTag/school}"}}, {"school": "a"}, False),
        ({"ForAllValues:StringLike": {"k:none": "SCHOOL#${aws:PrincipalTag/school}"}}, {}, False),
        ({"ForAllValues:StringLike": {"k:none": "SCHOOL#a"}}, {}, True),
        ({"StringLikeIfExists": {"k:none": "${aws:PrincipalTag/school}"}}, {"school": "a"}, True),
        ({"NumericEquals": {"k:one": "${aws:PrincipalTag/school}"}}, {"school": "a"}, False),
    ],
)
def test_conditions_with_variables(
    monkeypatch: pytest.MonkeyPatch,
    conditions: dict[str, Any],
    tags: dict[str, str],
    met: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(patching.core("iam_evaluator"), "_fnmatch_compile", compile_pattern)
    assert conditions_met(conditions, context(**tags)) is met


@pytest.mark.parametrize(
    ("element", "tags", "applies"),
    [
        ({"resources": ["arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/table}"]}, {"table": "t"}, True),
        ({"resources": ["arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/table}"]}, {}, False),
        ({"resources": ["*/${aws:PrincipalTag/table}", "*"]}, {}, True),
        ({"not_resources": ["*/${aws:PrincipalTag/table}"]}, {"table": "other"}, True),
        ({"not_resources": ["*/${aws:PrincipalTag/table}"]}, {}, False),
    ],
)
def test_resources_with_variables(element: dict[str, Any], tags: dict[str, str], applies: bool) -> None:  # noqa: FBT001
    empty: dict[str, Any] = {"not_actions": [], "resources": [], "not_resources": [], "conditions": {}}
    statement = SimpleNamespace(effect="Allow", actions=["dynamodb:*"], **empty | element)
    found = _first_match(lambda: None)(context(**tags), [statement], "Allow")
    assert (found is statement) is applies


@pytest.mark.parametrize(("version", "resolved"), [("2012-10-17", "a"), ("2008-10-17", "${aws:PrincipalTag/school}")])
def test_variables_need_the_policy_version(version: str, resolved: str) -> None:
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "${aws:PrincipalTag/school}"}'
    parse = _parse_policy_document(patching.core("iam_evaluator").parse_policy_document)
    (parsed,) = parse(f'{{"Version": "{version}", "Statement": {statement}}}')
    assert plain(resolve(parsed.resources[0], context(school="a")) or "") == resolved
