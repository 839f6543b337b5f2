"""The evaluation itself, for whoever changes it or writes its first score.

Beside the evaluation its item says ``has_scores``, set with the first score and never taken back: from then on the
evaluation can neither be deleted nor change its kind (which each score repeats). Only that first score touches the
item; the others find the mark and leave it alone. A deleted evaluation stays as a tombstone (``deleted_at``) that no
reader sees, so that the audit trail's digests of it can still be proved; those of the versions before are proved by
their own items (``editions``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit, clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition
from edu.errors import NotFoundError
from evaluations.domain.evaluation import Evaluation
from evaluations.repository import grades
from evaluations.repository.grades import DELETED_AT

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Transaction

Otherwise = Callable[["Head | None"], Exception | None]
"""The error of a write whose condition does not hold, made of the evaluation that stands (``None``: none any more)."""

_HAS_SCORES = "has_scores"
_EDITABLE = ("title", "weight", "held_on", "kind", "version")


@dataclass(frozen=True)
class Head:
    """An evaluation with what its item holds beside it."""

    evaluation: Evaluation
    salt: str
    has_scores: bool


def get_head(evaluation_id: str) -> Head:
    """An evaluation of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id, or no longer.
    """
    found = table.get_item(_key(evaluation_id))
    if found is None or is_deleted(found):
        raise NotFoundError
    return head_of(found)


def head_of(item: Attributes) -> Head:
    """An evaluation's item, e.g. the one that a failed condition found."""
    return Head(from_attributes(Evaluation, item), item[audit.SALT], item.get(_HAS_SCORES, False))


def is_deleted(item: Attributes) -> bool:
    """Whether the item is the tombstone of an evaluation."""
    return DELETED_AT in item


def mark_scored(transaction: Transaction, evaluation: Evaluation, *, otherwise: type[Exception]) -> None:
    """Note that the evaluation has a score.

    Fails when the evaluation is gone, or has another kind than the score that repeats it.
    """
    standing = Condition(
        f"#kind = :kind AND attribute_not_exists({DELETED_AT})",
        {":kind": to_attributes(evaluation)["kind"]},
        {"#kind": "kind"},
    )
    transaction.update(
        _key(evaluation.evaluation_id),
        f"SET {_HAS_SCORES} = :scored",
        {":scored": True},
        standing,
        otherwise=otherwise,
    )


def add(transaction: Transaction, evaluation: Evaluation, salt: str, *, otherwise: Otherwise) -> None:
    """Put a new evaluation; fails when the id is taken."""
    transaction.put(grades.evaluation_item(evaluation, salt), NOT_THERE, otherwise=_of_head(otherwise))


def update(
    transaction: Transaction,
    before: Evaluation,
    after: Evaluation,
    salt: str,
    *,
    unscored: bool = False,
    otherwise: Otherwise,
) -> None:
    """Write the evaluation's next version.

    Fails when ``before`` is no longer the current version, or, with ``unscored`` or a new kind, when there are scores.
    """
    item = grades.evaluation_item(after, salt)
    changed = (*_EDITABLE, audit.SALT, "gsi1sk")
    names = {f"#{name}": name for name in changed}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    unchanged = _is_still(before, unscored=unscored or after.kind is not before.kind)
    condition = Condition(unchanged.expression, unchanged.values, names)
    values = {f":{name}": item[name] for name in changed}
    transaction.update(_key(after.evaluation_id), expression, values, condition, otherwise=_of_head(otherwise))


def bury(transaction: Transaction, head: Head, *, otherwise: Otherwise) -> None:
    """Put a tombstone in the place of an evaluation without scores.

    Fails when the version in ``head`` is no longer the current one, or when it has scores.
    """
    item = grades.evaluation_item(head.evaluation, head.salt) | {DELETED_AT: instant_text(clock.now())}
    index = {"gsi1pk", "gsi1sk"}
    condition = _is_still(head.evaluation, unscored=True)
    tombstone = {name: part for name, part in item.items() if name not in index}
    transaction.put(tombstone, condition, otherwise=_of_head(otherwise))


def require_version(transaction: Transaction, evaluation: Evaluation, *, otherwise: Otherwise) -> None:
    """Require that the evaluation is still this version, without writing it."""
    condition = _is_still(evaluation, unscored=False)
    transaction.check(_key(evaluation.evaluation_id), condition, otherwise=_of_head(otherwise))


def _of_head(otherwise: Otherwise) -> Callable[[Attributes | None], Exception | None]:
    """The same, of the item instead of the evaluation."""
    return lambda found: otherwise(head_of(found) if found and not is_deleted(found) else None)


def _is_still(evaluation: Evaluation, *, unscored: bool) -> Condition:
    expression = f"version = :seen_version AND attribute_not_exists({DELETED_AT})"
    expression += f" AND attribute_not_exists({_HAS_SCORES})" if unscored else ""
    return Condition(expression, {":seen_version": evaluation.version})


def _key(evaluation_id: str) -> Key:
    return Key(school_partition("EVALUATION", evaluation_id), "HEAD")
