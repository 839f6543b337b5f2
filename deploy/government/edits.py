"""Changes to an answer's JSON, as data."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

EACH = "*"
Edit = Mapping[str, Any]
_KINDS = frozenset({"set", "remove", "add", "repeat"})


class EditDoesNotFitError(Exception):
    """The answer has no such place."""


def check_edit(edit: Edit) -> None:
    """See that an edit has a place and one kind of change.

    Raises:
        ValueError: it has not.
    """
    at, kinds = edit.get("at"), edit.keys() - {"at"}
    if not isinstance(at, list) or not at or len(kinds) != 1 or not kinds <= _KINDS:
        raise ValueError("malformed edit")


def apply_edits(body: Any, edits: Sequence[Edit]) -> Any:  # noqa: ANN401 - any JSON
    """A copy of a body with the edits made, in order.

    Each has a place ``at`` (names and positions from the outside in; ``*`` for each element of a list) and one of
    ``set``: this value stands there; ``remove``: nothing stands there; ``add``: the list there has this value more;
    ``repeat``: the element there stands in its list so many times more, at the end.

    Raises:
        EditDoesNotFitError: the body has no such place.
    """
    changed = copy.deepcopy(body)
    for edit in edits:
        try:
            _apply(changed, edit["at"], edit)
        except (LookupError, TypeError, AttributeError) as error:
            raise EditDoesNotFitError(str(edit["at"])) from error
    return changed


def _apply(container: Any, at: Sequence[str | int], edit: Edit) -> None:  # noqa: ANN401 - any JSON
    place, rest = at[0], at[1:]
    for each in range(len(container)) if place == EACH else (place,):
        if rest:
            _apply(container[each], rest, edit)
        elif "set" in edit:
            container[each] = edit["set"]
        elif "remove" in edit:
            del container[each]
        elif "add" in edit:
            container[each].append(edit["add"])
        else:
            container.extend([container[each]] * edit["repeat"])
