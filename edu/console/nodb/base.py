"""A database that is not there: ``atomic()`` does nothing, and whatever tries to run SQL is an error.

The admin's views open a transaction around each write. Here a write is whole because it is one ``TransactWriteItems``
in a service; Django's own dummy engine would refuse the ``atomic()`` around it.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.backends.dummy import base

from edu.errors import ConfigurationError


class NoDatabaseError(ConfigurationError):
    """Something tried to run SQL: a bug, since all data is in the table behind the scope's credentials."""

    code = "no_database"


def refuse(*_args: object, **_kwargs: object) -> NoReturn:
    """Stop whatever needs a connection.

    Raises:
        NoDatabaseError: always.
    """
    raise NoDatabaseError("there is no relational database; something tried to run SQL")


def ignore(*_args: object, **_kwargs: object) -> None:
    """Do nothing: the step has no meaning without a connection."""


class DatabaseOperations(base.DatabaseOperations):
    """SQL fails while it is put together."""

    quote_name = refuse


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection that is not one."""

    vendor = "nodb"
    display_name = "no database"
    ops_class = DatabaseOperations
    _cursor = refuse
    ensure_connection = ignore
    _set_autocommit = ignore
    _commit = ignore
    _savepoint_commit = ignore

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.autocommit = True  # as after connecting; without it ``on_commit`` callbacks would wait for ever
