"""Table properties stock ministack drops from a template: time to live, point-in-time recovery, encryption."""

# ruff: noqa: SLF001 - ministack's own functions have private names

from deploy.emulator.extension import patching, stack_resources
from deploy.emulator.extension.stack_resources import Properties, is_true


def apply(table_name: str, props: Properties, old_props: Properties) -> None:
    """Bring the table's settings to what the template says; a setting the template dropped is switched off."""
    dynamodb = patching.service("dynamodb")
    live = props.get("TimeToLiveSpecification")
    if live or old_props.get("TimeToLiveSpecification"):
        attribute = (live or old_props["TimeToLiveSpecification"]).get("AttributeName", "")
        specification = {"Enabled": is_true((live or {}).get("Enabled")), "AttributeName": attribute}
        _accept(dynamodb._update_ttl({"TableName": table_name, "TimeToLiveSpecification": specification}))
    recovery = props.get("PointInTimeRecoverySpecification") or {}
    enabled = is_true(recovery.get("PointInTimeRecoveryEnabled"))
    specification = {"PointInTimeRecoveryEnabled": enabled}
    _accept(
        dynamodb._update_continuous_backups(
            {"TableName": table_name, "PointInTimeRecoverySpecification": specification}
        )
    )
    dynamodb._tables[table_name]["SSEDescription"] = _encryption(props.get("SSESpecification"))


def _encryption(specification: Properties | None) -> Properties | None:
    """The description AWS gives; a template says ``SSEEnabled`` where the API says ``Enabled``."""
    if not specification or not is_true(specification.get("SSEEnabled")):
        return None
    described: Properties | None = patching.service("dynamodb")._sse_description_from_spec(
        {**specification, "Enabled": True}
    )
    return described


def _accept(response: tuple[int, dict[str, str], bytes]) -> None:
    if response[0] >= 400:  # noqa: PLR2004 - HTTP: the request was refused
        raise ValueError(f"AWS::DynamoDB::Table: {response[2]!r}")


def install() -> None:
    """Apply the settings after every create and update of a table."""
    dynamodb = patching.service("dynamodb")
    patching.require(dynamodb, "_update_ttl", "data")
    patching.require(dynamodb, "_update_continuous_backups", "data")
    patching.require(dynamodb, "_sse_description_from_spec", "spec")
    stack_resources.after("AWS::DynamoDB::Table", apply)
