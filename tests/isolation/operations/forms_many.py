"""The forms of batches and transactions: alone, and mixed with an item of the attacker's own before or after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.isolation.operations.forms import FAILS_SHOWING, HOLDS, SET_NOTE, Arguments, Form, Touch, noted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.isolation.operations.aims import Aim

    Member = Callable[[Aim], Arguments]

_MIXES = ("alone", "own first", "own last")


def _mixed(mix: str, aimed: Any, own: Any) -> list[Any]:
    return {"alone": [aimed], "own first": [own, aimed], "own last": [aimed, own]}[mix]


def _batch_get(mix: str, *, arn: bool = False, consistent: bool = False) -> Form:
    def arguments(aim: Aim) -> Arguments:
        keys = {"Keys": _mixed(mix, aim.key(), aim.companion())} | ({"ConsistentRead": True} if consistent else {})
        return {"RequestItems": {aim.table_arn if arn else aim.table: keys}}

    name = mix + (", table by ARN" if arn else "") + (", consistent" if consistent else "")
    return Form("BatchGetItem", name, arguments, lambda aim: (Touch("BatchGetItem", _keys(mix, aim)),))


def _batch_write(kind: str, mix: str) -> Form:
    def arguments(aim: Aim) -> Arguments:
        put = {"PutRequest": {"Item": noted(aim.key())}}
        aimed = put if kind == "put" else {"DeleteRequest": {"Key": aim.key()}}
        own = {"PutRequest": {"Item": noted(aim.companion())}}
        return {"RequestItems": {aim.table: _mixed(mix, aimed, own)}}

    return Form("BatchWriteItem", f"{kind}, {mix}", arguments, lambda aim: (Touch("BatchWriteItem", _keys(mix, aim)),))


def _keys(mix: str, aim: Aim) -> tuple[str, ...]:
    return (aim.at,) if mix == "alone" else (aim.own, aim.at)


def _transact_get(mix: str) -> Form:
    def arguments(aim: Aim) -> Arguments:
        items = _mixed(mix, aim.key(), aim.companion())
        return {"TransactItems": [{"Get": {"TableName": aim.table, "Key": key}} for key in items]}

    return Form("TransactGetItems", mix, arguments, lambda aim: _touches("GetItem", "GetItem", mix, aim))


def _touches(action: str, companion: str, mix: str, aim: Aim) -> tuple[Touch, ...]:
    """A transaction is checked action by action, each as the single operation it is."""
    aimed = (Touch(action, (aim.at,)),)
    return aimed if mix == "alone" else (*aimed, Touch(companion, (aim.own,)))


_WRITES: dict[str, tuple[str, str, Member]] = {
    "Put": ("Put", "PutItem", lambda aim: {"Item": noted(aim.key())}),
    "Put that fails and shows": ("Put", "PutItem", lambda aim: {"Item": noted(aim.key()), **FAILS_SHOWING}),
    "Update": ("Update", "UpdateItem", lambda aim: {"Key": aim.key(), **SET_NOTE}),
    "Update that fails and shows": (
        "Update",
        "UpdateItem",
        lambda aim: {"Key": aim.key(), **SET_NOTE, **FAILS_SHOWING},
    ),
    "Delete": ("Delete", "DeleteItem", lambda aim: {"Key": aim.key()}),
    "Delete that fails and shows": ("Delete", "DeleteItem", lambda aim: {"Key": aim.key(), **FAILS_SHOWING}),
    "ConditionCheck": (
        "ConditionCheck",
        "ConditionCheckItem",
        lambda aim: {"Key": aim.key(), "ConditionExpression": HOLDS},
    ),
    "ConditionCheck that fails and shows": (
        "ConditionCheck",
        "ConditionCheckItem",
        lambda aim: {"Key": aim.key(), **FAILS_SHOWING},
    ),
}


def _transact_write(name: str, mix: str) -> Form:
    kind, action, member = _WRITES[name]

    def arguments(aim: Aim) -> Arguments:
        aimed = {kind: {"TableName": aim.table, **member(aim)}}
        own = {"Put": {"TableName": aim.table, "Item": noted(aim.companion())}}
        return {"TransactItems": _mixed(mix, aimed, own)}

    return Form("TransactWriteItems", f"{name}, {mix}", arguments, lambda aim: _touches(action, "PutItem", mix, aim))


FORMS = (
    *(_batch_get(mix) for mix in _MIXES),
    _batch_get("own first", arn=True),
    _batch_get("own first", consistent=True),
    *(_batch_write(kind, mix) for kind in ("put", "delete") for mix in _MIXES),
    *(_transact_get(mix) for mix in _MIXES),
    *(_transact_write(name, mix) for name in _WRITES for mix in _MIXES),
)
