"""The table of states as people read it: ``docs/SYNC-STATES.md`` and the console draw the same picture. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from govsync.domain.states import BATCH_TRANSITIONS, RESUMED_BATCH, RUN_TRANSITIONS, TRANSITIONS, BatchState, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD: Final = """# What may follow what in a sync

Made from `govsync/domain/states.py`; a test holds it against the table. Every event is one transaction: the run's next
version, its history entry, and the batch.
"""


def document() -> str:
    """The whole document, as Markdown."""
    parts = (
        _HEAD,
        "## A run\n",
        _fenced(run_diagram()),
        "## A batch\n",
        _fenced(batch_diagram()),
        "## Events\n",
        _table(),
    )
    return "\n".join(parts)


def run_diagram() -> str:
    """A run's states, as a Mermaid state diagram."""
    edges = [
        (str(before), str(after), event)
        for event, step in TRANSITIONS.items()
        for before in sorted(step.run_from)
        for after in sorted(step.run_to)
        if not step.batch_from or before != after
    ]
    starts = [
        ("[*]", str(state), event) for event, step in TRANSITIONS.items() if not step.run_from for state in step.run_to
    ]
    ends = [(str(state), "[*]", "") for state in RunState if not RUN_TRANSITIONS[state]]
    return _diagram([*starts, *edges, *ends])


def batch_diagram() -> str:
    """A batch's states, as a Mermaid state diagram."""
    edges = []
    for event, step in TRANSITIONS.items():
        befores = sorted(map(str, step.batch_from)) or ["[*]"]
        if step.batch_to is not None or step.batch_stays:
            edges += [(before, str(step.batch_to or before), event) for before in befores]
    resumed = [(str(RESUMED_BATCH[0]), str(RESUMED_BATCH[1]), "run.resumed")]
    ends = [(str(state), "[*]", "") for state in BatchState if not BATCH_TRANSITIONS[state]]
    return _diagram([*edges, *resumed, *ends])


def _diagram(edges: Iterable[tuple[str, str, str]]) -> str:
    """The edges, those between the same two states as one."""
    labels: dict[tuple[str, str], list[str]] = {}
    for before, after, event in edges:
        labels.setdefault((before, after), []).append(event.partition(".")[2])
    lines = [
        f"    {before} --> {after}" + (f": {', '.join(found)}" if any(found) else "")
        for (before, after), found in labels.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines])


def _fenced(diagram: str) -> str:
    return f"```mermaid\n{diagram}\n```\n"


def _table() -> str:
    lines = ["| event | run | batch | when | what comes next |", "|---|---|---|---|---|"]
    for event, step in TRANSITIONS.items():
        run = f"{_states(step.run_from) or 'new'} → {_states(step.run_to)}"
        after = _states(step.batch_from) if step.batch_stays else str(step.batch_to or "")
        batch = f"{_states(step.batch_from) or 'new'} → {after}" if after else ""
        lines.append(f"| `{event}` | {run} | {batch} | {step.when} | {step.then} |")
    return "\n".join(lines) + "\n"


def _states(found: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, found)))
