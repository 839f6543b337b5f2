"""Evaluations as they are stored, for whoever reads, changes or grades them.

    SCHOOL#<id>#EVALUATION#<evaluation>  EVALUATION  gsi1: SCHOOL#<id>#SECTION#<section> / <held on>#<evaluation>

Beside the evaluation its item says ``has_scores``, set with the first score and never taken back: from then on the
evaluation can neither be deleted nor change its kind and purpose (which each score repeats). Only that first score
touches the item; the others find the mark and leave it alone. A deleted evaluation stays as a tombstone
(``deleted_at``) that no reader sees, so that the audit trail's digests of it can still be proved; those of the versions
before are proved by their own items (``evaluation_versions``). Evaluations never carry a TTL: 30 days would remove them
before the quarterly sync.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from edu import audit, clock
from edu.dynamo import table
from edu.dynamo.keys import joined
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition
from edu.errors import NotFoundError
from edu.tenancy import current_school_id
from evaluations.domain.evaluation import Evaluation
from evaluations.repository.keys import evaluation_key, section_index
from evaluations.repository.lake_rows import LAKE, row_of_evaluation
from evaluations.repository.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page
    from edu.dynamo.transactions import Transaction

Otherwise = Callable[["StoredEvaluation | None"], Exception | None]
"""The error of a write whose condition does not hold, made of the evaluation that stands (``None``: none any more)."""

_DELETED_AT, _HAS_SCORES = "deleted_at", "has_scores"
_EDITABLE = ("title", "weight", "held_on", "kind", "version")
_OPTIONAL = ("purpose", "standing_changes", "standing_changed_at")  # no attribute says that there is none


@dataclass(frozen=True)
class StoredEvaluation:
    """An evaluation with what its item holds beside it."""

    evaluation: Evaluation
    salt: str
    has_scores: bool


def get_stored(evaluation_id: str) -> StoredEvaluation:
    """An evaluation of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id, or no longer.
    """
    found = table.get_item(evaluation_key(evaluation_id))
    if found is None or is_deleted(found):
        raise NotFoundError
    return stored_of(found)


def get_evaluation(evaluation_id: str) -> Evaluation:
    """The evaluation alone. Same errors and consistency as ``get_stored``."""
    return get_stored(evaluation_id).evaluation


def get_evaluations(evaluation_ids: Iterable[str]) -> dict[str, Evaluation]:
    """Those of these evaluations that exist, by id. Strongly consistent; one batch read for each hundred."""
    found = table.get_items([evaluation_key(each) for each in dict.fromkeys(evaluation_ids)], consistent=True)
    standing = [from_attributes(Evaluation, item) for item in found if not is_deleted(item)]
    return {evaluation.evaluation_id: evaluation for evaluation in standing}


def list_of_section(
    section_id: str, *, term_id: str = "", cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[Evaluation]:
    """A section's evaluations, latest first. Eventually consistent: a new one may be missing for a moment.

    ``term_id`` keeps a term's own, whatever their days: a term may have been moved since. A page is filled with them
    (see ``table.query_filled``).

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(section_index(section_id), index=True, descending=True, limit=limit)
    if term_id:
        query = replace(query, filtered_by=f"term:{term_id}")
        page = table.query_filled(query, lambda item: item["term_id"] == term_id, cursor=cursor)
    else:
        page = table.query_page(query, cursor=cursor)
    return page.map(partial(from_attributes, Evaluation))


def is_any_of(section_id: str, *, term_id: str) -> bool:
    """Whether the section has an evaluation of the term. Eventually consistent; reads until the first."""
    query = table.Query(section_index(section_id), index=True, descending=True)
    return any(item["term_id"] == term_id for item in table.query_all(query))


def stored_of(item: Attributes) -> StoredEvaluation:
    """An evaluation's item, e.g. the one that a failed condition found."""
    return StoredEvaluation(from_attributes(Evaluation, item), item[audit.SALT], item.get(_HAS_SCORES, False))


def is_deleted(item: Attributes) -> bool:
    """Whether the item is the tombstone of an evaluation."""
    return _DELETED_AT in item


def mark_scored(transaction: Transaction, evaluation: Evaluation, *, otherwise: type[Exception]) -> None:
    """Note that the evaluation has a score.

    Fails when the evaluation is gone, was cancelled or reinstated since, or has another kind or purpose than the score
    that repeats them.
    """
    seen, may_lack = to_attributes(evaluation), ("purpose", "standing_changes")
    parts = ["#kind = :kind", f"attribute_not_exists({_DELETED_AT})"]
    parts += [f"{name} = :{name}" if name in seen else f"attribute_not_exists({name})" for name in may_lack]
    values = {f":{name}": seen[name] for name in ("kind", *may_lack) if name in seen}
    standing = Condition(" AND ".join(parts), values, {"#kind": "kind"})
    transaction.update(
        evaluation_key(evaluation.evaluation_id),
        f"SET {_HAS_SCORES} = :scored",
        {":scored": True},
        standing,
        otherwise=otherwise,
    )


def add(transaction: Transaction, evaluation: Evaluation, salt: str, *, otherwise: Otherwise) -> None:
    """Put a new evaluation; fails when the id is taken."""
    transaction.put(_item(evaluation, salt), NOT_THERE, otherwise=_of_stored(otherwise))


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

    Fails when ``before`` is no longer the current version, or, with ``unscored`` or a new kind or purpose, when
    there are scores.
    """
    item = _item(after, salt)
    changed = [name for name in (*_EDITABLE, *_OPTIONAL, audit.SALT, LAKE, "gsi1sk") if name in item]
    gone = [name for name in _OPTIONAL if name not in item]
    names = {f"#{name}": name for name in (*changed, *gone)}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    expression += (" REMOVE " + ", ".join(f"#{name}" for name in gone)) if gone else ""
    repeated = after.kind is not before.kind or after.purpose is not before.purpose
    unchanged = _is_still(before, unscored=unscored or repeated)
    condition = Condition(unchanged.expression, unchanged.values, names)
    values = {f":{name}": item[name] for name in changed}
    transaction.update(
        evaluation_key(after.evaluation_id), expression, values, condition, otherwise=_of_stored(otherwise)
    )


def delete(transaction: Transaction, stored: StoredEvaluation, *, otherwise: Otherwise) -> None:
    """Put a tombstone in the place of an evaluation without scores.

    Fails when the version in ``stored`` is no longer the current one, or when it has scores.
    """
    item = _item(stored.evaluation, stored.salt) | {_DELETED_AT: instant_text(clock.now())}
    item[LAKE] = row_of_evaluation(stored.evaluation, deleted=True)
    index = {"gsi1pk", "gsi1sk"}
    condition = _is_still(stored.evaluation, unscored=True)
    tombstone = {name: part for name, part in item.items() if name not in index}
    transaction.put(tombstone, condition, otherwise=_of_stored(otherwise))


def require_version(transaction: Transaction, evaluation: Evaluation, *, otherwise: Otherwise) -> None:
    """Require that the evaluation is still this version, without writing it."""
    condition = _is_still(evaluation, unscored=False)
    transaction.check(evaluation_key(evaluation.evaluation_id), condition, otherwise=_of_stored(otherwise))


def _item(evaluation: Evaluation, salt: str) -> Attributes:
    return {
        **evaluation_key(evaluation.evaluation_id).as_attributes(),
        "gsi1pk": section_index(evaluation.section_id),
        "gsi1sk": joined(evaluation.held_on.isoformat(), evaluation.evaluation_id),
        "entity": "evaluation",
        "school_id": current_school_id(),
        LAKE: row_of_evaluation(evaluation),
        audit.SALT: salt,
        **to_attributes(evaluation),
    }


def _of_stored(otherwise: Otherwise) -> Callable[[Attributes | None], Exception | None]:
    """The same, of the item instead of the evaluation."""
    return lambda found: otherwise(stored_of(found) if found and not is_deleted(found) else None)


def _is_still(evaluation: Evaluation, *, unscored: bool) -> Condition:
    expression = f"version = :seen_version AND attribute_not_exists({_DELETED_AT})"
    expression += f" AND attribute_not_exists({_HAS_SCORES})" if unscored else ""
    return Condition(expression, {":seen_version": evaluation.version})
