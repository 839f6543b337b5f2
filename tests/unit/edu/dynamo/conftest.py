"""A table whose answers a test writes itself."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from edu.dynamo import table, transactions


class ScriptedClient:
    """Stands for the DynamoDB client: gives the answers in order, then the last one forever, and notes the calls."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer(arguments) if callable(answer) else answer

        return call


def cancelled(*codes: str) -> ClientError:
    """A cancelled transaction with these reasons."""
    response = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type] # errors' own fields


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ScriptedClient:
    """The scripted client in the real one's place."""
    scripted = ScriptedClient()
    for module in (table, transactions):
        monkeypatch.setattr(module, "scoped_client", lambda _service: scripted)
    return scripted


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for, instead of made."""
    asked: list[float] = []
    monkeypatch.setattr("edu.dynamo.retries.time.sleep", asked.append)
    return asked
