"""Every code that a client may be told is in the contract, under its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import get_resolver

from edu.errors import LibretaError
from edu.http.contract import RESPONSES
from edu.http.docs import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

# what no client of the API or the event door is ever told
_INSIDE = {
    "condition_failed": "made into a use case's own error, or a conflict",
    "invalid_key": "ids are checked before keys are made of them",
    "invalid_school_id": "tokens are refused as such",
    "malformed_message": "a message's",
    "missing_school": "a message's",
    "no_such_school": "a command's",
    "wrong_use": "a command's",
    "run_not_found": "a command's",
    "no_such_message": "a command's",
    "no_such_failure": "a command's",
    "failure_not_redrivable": "a command's",
    "dead_letters_unavailable": "a command's",
    "job_not_found": "a job's",
    "job_moved": "a job's",
    "scale_in_use": "an import's",
    "policy_of_closed_term": "an import's",
    "import_refused": "an import's",
    "import_preview_outdated": "an import's",
    "import_running": "an import's",
    "import_decided": "an import's",
    "import_too_old": "an import's",
    "import_not_found": "an import's",
    "roster_changed": "an import's",
    "sign_in_refused": "the console's",
    "cognito_unavailable": "the console's",
    "unsupported_query": "the console's",
    "sync_running": "a command's",
    "erasure_blocked": "a command's",
    "already_erased": "a command's",
    "hold_not_found": "a command's",
    "invalid_hold": "a command's",
    "secret_unavailable": "the sync's",
    "invalid_month": "a command's",
    "month_too_large": "a job's",
    "export_moved": "a job's",
    "internal_error": "no promise: a 500 is a defect",
    "method_not_allowed": "a method without an operation is none",
}
_PACKAGES = ("edu.", "evaluations.", "behavior.", "analytics.")


def _kinds(kind: type[LibretaError] = LibretaError) -> Iterator[type[LibretaError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _kinds(inner)


def test_every_code_is_under_its_status() -> None:
    assert get_resolver().url_patterns  # every view's errors are imported
    told = {
        (kind.code, kind.status)
        for kind in _kinds()
        if kind.__module__.startswith(_PACKAGES) and kind.status in RESPONSES and kind.code not in _INSIDE
    }
    responses = contract()["components"]["responses"]
    missing = {
        (code, status)
        for code, status in told
        if f"\n- `{code}`: " not in responses[RESPONSES[status][0]]["description"]
    }
    assert missing == set()


def test_every_code_says_what_it_means_in_one_paragraph() -> None:
    for name, response in contract()["components"]["responses"].items():
        codes = [line for line in response["description"].split("\n") if line.startswith("- `")]
        assert bool(codes) is (name != "NotModified")
        assert all(line.endswith(".") and "``" not in line for line in codes)
        assert len(codes) == len(set(codes))
