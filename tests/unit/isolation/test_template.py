"""Reading the shipped template, and what the matrix's lists must keep up with."""

from __future__ import annotations

import json

import pytest

from deploy.stack.template import TEMPLATE_PATH
from tests.isolation.operations import others
from tests.isolation.operations.aims import ALL, OWN
from tests.isolation.operations.rule import belongs
from tests.isolation.policy.law import Access, Caller, Law
from tests.isolation.policy.template import Template
from tests.isolation.repositories import source
from tests.isolation.runner import holes
from tests.isolation.sections import ALLOWED, DENIED, Cell, Section
from tests.isolation.storage.sweep import sweep

TEXT = TEMPLATE_PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def law() -> Law:
    return Law(TEXT)


@pytest.mark.parametrize(("local", "arn"), [(True, ":user/libreta-test-web"), (False, ":role/libreta-test-web")])
def test_services_are_users_on_the_emulator_and_roles_on_aws(local: bool, arn: str) -> None:  # noqa: FBT001
    assert arn in json.dumps(Template(TEXT, local=local).trust_policy("TenantRole"))


def test_policy_variable_outlives_substitution() -> None:
    (policy,) = Template(TEXT, local=True).identity_policies("TenantRole")
    assert "/school=${aws:PrincipalTag/school_id}/*" in json.dumps(policy)
    assert "${Lake" not in json.dumps(policy)


def test_transport_without_tls_is_denied_on_aws_alone(law: Law) -> None:
    local, aws = law.forms
    assert local.resource_policies("Lake") == []
    assert [document["Statement"][0]["Effect"] for document in aws.resource_policies("Lake")] == ["Deny"]


def test_law_agrees_with_the_rule_on_every_partition(law: Law) -> None:
    caller, arn = Caller("tenant", OWN), law.forms[0].arn("Table")
    for target in ALL:
        access = Access("dynamodb:GetItem", arn, (("dynamodb:LeadingKeys", (target.partition,)),))
        expected = ALLOWED if belongs(caller, target.partition) else DENIED
        assert law.verdict(caller, [access]) == expected, target.name


def test_everything_granted_and_nothing_else(law: Law) -> None:
    cells, asked = sweep(law)
    assert [cell.describe() for cell in cells if not cell.as_expected] == []
    assert asked > 10_000


def test_every_operation_of_botocore_is_classified() -> None:
    assert others.unclassified() == []


def test_unknown_operation_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "NEVER_OURS", others.NEVER_OURS - {"SearchVectors"})
    assert others.unclassified() == ["SearchVectors"]


@pytest.mark.parametrize("name", [name for name, (_, hole) in holes().items() if hole.template])
def test_hole_still_fits_the_template(name: str) -> None:
    rewrite = holes()[name][1].template
    assert rewrite is not None
    assert rewrite(TEXT) != TEXT


def test_no_source_steps_past_the_adapter() -> None:
    assert list(source.faults()) == []


def test_section_is_red_for_a_wrong_cell_and_for_a_problem() -> None:
    good, bad = Cell("r", "c", "t", ALLOWED, ALLOWED), Cell("r", "c", "t", DENIED, ALLOWED, "why")
    assert Section("n", "t", cells=(good,)).unexpected == ()
    assert Section("n", "t", cells=(good, bad)).unexpected == ("r | c | t: expected denied, saw allowed (why)",)
    assert Section("n", "t", cells=(good,), problems=("changed",)).unexpected == ("changed",)
