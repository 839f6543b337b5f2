"""Verifies who may touch the table: the scopes' roles, and the processes that may take them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from deploy.stack.verification.mismatch import Mismatch, differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iam import IAMClient

TENANT_KEYS: Final = frozenset({"SCHOOL#${aws:PrincipalTag/school_id}", "SCHOOL#${aws:PrincipalTag/school_id}#*"})
PLATFORM_KEYS: Final = frozenset(
    f"PLATFORM#{name}{rest}" for name in ("SCHOOLS", "JOBS", "SYNC", "EVENTS") for rest in ("", "#*")
)
CONSOLE_KEYS: Final = frozenset({"PLATFORM#SESSION#*", "PLATFORM#THROTTLE#*"})
ITEM_ACTIONS: Final = frozenset(
    f"dynamodb:{name}"
    for name in (
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "UpdateItem",
    )
)
_SCOPES: Final = {
    "TenantRoleArn": (TENANT_KEYS, frozenset({"web", "worker", "operator"})),
    "PlatformRoleArn": (PLATFORM_KEYS, frozenset({"worker", "operator"})),
    "ConsoleRoleArn": (CONSOLE_KEYS, frozenset({"web"})),
    "LakeRoleArn": (frozenset(), frozenset({"worker", "operator"})),  # nothing of the table
}
_PROCESSES: Final = ("WebPolicyArn", "WorkerPolicyArn", "OperatorPolicyArn")
_LEADING_KEYS: Final = "dynamodb:LeadingKeys"


def check_access(iam: IAMClient, outputs: Mapping[str, str]) -> list[Mismatch]:
    """Policies and trust of the scopes' roles; that no process may touch the table itself."""
    found: list[Mismatch] = []
    without_operator = frozenset() if "OperatorPolicyArn" in outputs else frozenset({"operator"})
    for key, (leading_keys, processes) in _SCOPES.items():
        names = frozenset(f"{outputs['TableName']}-{process}" for process in processes - without_operator)
        found += _check_role(iam, outputs[key].rsplit("/", 1)[-1], leading_keys, names)
    for key in _PROCESSES:
        if key in outputs:
            found += _check_process(iam, outputs[key])
    return found


def table_statement_faults(document: Mapping[str, Any], leading_keys: frozenset[str]) -> list[str]:
    """Why a scope's policy would let more of the table through than ``leading_keys``; empty when it does not.

    ``ForAllValues`` is true when the key is absent, as in Scan and PartiQL, hence ``Null`` beside it and a closed
    list of actions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    faults: list[str] = []
    for number, statement in enumerate(_listed(document.get("Statement"))):
        name = statement.get("Sid", f"statement {number}")
        if statement.get("Effect") != "Allow":
            continue
        if "Action" not in statement:
            faults.append(f"{name} allows by NotAction")
            continue
        actions = [action for action in _listed(statement["Action"]) if _may_reach_table(action)]
        if not actions:
            continue
        conditions = statement.get("Condition", {})
        keys = set(_listed(conditions.get("ForAllValues:StringLike", {}).get(_LEADING_KEYS)))
        if forbidden := sorted(set(actions) - ITEM_ACTIONS):
            faults.append(f"{name} allows {', '.join(forbidden)}")
        if not keys or not keys <= leading_keys:
            faults.append(f"{name} allows the keys {sorted(keys)}")
        if conditions.get("Null", {}).get(_LEADING_KEYS) != "false":
            faults.append(f"{name} does not demand {_LEADING_KEYS}")
    return faults


def _may_reach_table(action: str) -> bool:
    """Whether an action, or what its wildcards cover, belongs to DynamoDB."""
    lowered = action.lower()
    service = lowered.partition(":")[0]
    return service == "dynamodb" or "*" in service or "?" in service


def _check_role(
    iam: IAMClient, role_name: str, leading_keys: frozenset[str], processes: frozenset[str]
) -> list[Mismatch]:
    role = iam.get_role(RoleName=role_name)["Role"]
    names = iam.list_role_policies(RoleName=role_name)["PolicyNames"]
    faults: list[str] = []
    for name in names:
        document = _document(iam.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"])
        faults += table_statement_faults(document, leading_keys)
    return differences(
        f"role {role_name}",
        {"faults of its policy": [], "own policies": 1, "attached policies": [], "may be assumed by": processes},
        {
            "faults of its policy": faults,
            "own policies": len(names),
            "attached policies": [
                policy.get("PolicyName")
                for policy in iam.list_attached_role_policies(RoleName=role_name)["AttachedPolicies"]
            ],
            "may be assumed by": _trusted(_document(role["AssumeRolePolicyDocument"])),
        },
    )


def _check_process(iam: IAMClient, policy_arn: str) -> list[Mismatch]:
    version = iam.get_policy(PolicyArn=policy_arn)["Policy"].get("DefaultVersionId", "")
    document = _document(
        iam.get_policy_version(PolicyArn=policy_arn, VersionId=version)["PolicyVersion"].get("Document")
    )
    entities = iam.list_entities_for_policy(PolicyArn=policy_arn)
    holders = [
        *(user.get("UserName") for user in entities["PolicyUsers"]),
        *(role.get("RoleName") for role in entities["PolicyRoles"]),
    ]
    return differences(
        f"policy {policy_arn.rsplit('/', 1)[-1]}",
        {"reaches the table": [], "held by": [policy_arn.rsplit("/", 1)[-1]]},
        {
            "reaches the table": [
                action
                for statement in _listed(document.get("Statement"))
                for action in _listed(statement.get("Action", "*"))
                if _may_reach_table(action)
            ],
            "held by": holders,
        },
    )


def _trusted(document: Mapping[str, Any]) -> frozenset[str]:
    """The names of the users and roles that a trust policy lets in; whatever else it lets in stays as it is."""
    principals: list[str] = []
    for statement in _listed(document.get("Statement")):
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal", "*")
        if isinstance(principal, str):
            principals.append(principal)
        else:
            principals += [name for names in principal.values() for name in _listed(names)]
    return frozenset(name.rsplit("/", 1)[-1] for name in principals)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _document(document: Any) -> Mapping[str, Any]:  # noqa: ANN401 - boto3 gives a policy as an object
    return document if isinstance(document, dict) else {}
