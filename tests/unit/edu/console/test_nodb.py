from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from edu.console.models import AuditEntry
from edu.console.nodb.base import NoDatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_atomic_does_nothing_nested_or_not() -> None:
    done: list[str] = []
    with transaction.atomic():
        with transaction.atomic():
            transaction.on_commit(lambda: done.append("inner"))
        assert done == []
    assert done == ["inner"]


def test_atomic_lets_errors_through() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _ = 1 / 0
    test_atomic_does_nothing_nested_or_not()


@pytest.mark.parametrize(
    "ask",
    [
        connection.cursor,
        lambda: connection.cursor().execute("SELECT 1"),
        lambda: list(Group.objects.all()),
        lambda: Group.objects.create(name="x"),
        lambda: LogEntry.objects.filter(pk=1).exists(),
        lambda: LogEntry.objects.filter(pk=1).delete(),
        lambda: ContentType.objects.get(pk=-1),
        lambda: get_user_model()._default_manager.get(pk="x"),
        lambda: get_user_model()(subject="x").save(),
        lambda: AuditEntry.of(entry_key="x").save(),
        lambda: AuditEntry.of(entry_key="x").delete(),
    ],
)
def test_sql_is_an_error(ask: Callable[[], object]) -> None:
    with pytest.raises(NoDatabaseError):
        ask()
