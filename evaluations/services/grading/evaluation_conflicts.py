"""Why a change of an evaluation does not hold, for whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edu.errors import LibretaError, NotFoundError
from evaluations.domain.evaluation import Evaluation
from evaluations.errors import StaleVersionError

if TYPE_CHECKING:
    from evaluations.repository.stored_evaluations import StoredEvaluation

_SHOWN = ("title", "weight", "held_on", "kind", "purpose", "cancelled", "version")


@dataclass(frozen=True)
class Refusal:
    """Why an evaluation is not the version ``before`` any more: it is gone, got scores, or has another version."""

    before: Evaluation
    yours: dict[str, Any]
    scored: Callable[[], LibretaError]

    def __call__(self, standing: StoredEvaluation | None) -> LibretaError:
        """The error of what stands there."""
        if standing is None:
            return NotFoundError()
        if standing.evaluation.version == self.before.version:
            return self.scored()
        return stale_version(standing.evaluation, self.yours)


def stale_version(current: Evaluation, yours: dict[str, Any]) -> StaleVersionError:
    """The error of a change whose version is not the current one, with both sides for the client to choose."""
    shown = {name: getattr(current, name) for name in _SHOWN} | {"purpose": current.stated_purpose}
    return StaleVersionError(
        current={name: _text(value) for name, value in shown.items()},
        yours={name: _text(value) for name, value in yours.items()},
    )


def _text(value: Any) -> Any:  # noqa: ANN401 - a field's value
    """A field as the API writes it."""
    match value:
        case int():
            return value
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)
