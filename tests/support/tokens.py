"""Real sign-ins: accounts in the emulated Cognito and the ID tokens it issues for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.identity.cognito import Account, ensure_account, sign_in
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from edu.identity.principal import Role

PASSWORD = "Correct-horse-9-battery"


def make_account(username: str, role: Role, school_id: str | None, person_id: str = "") -> Account:
    """An account anybody can sign in to with ``PASSWORD``."""
    account = Account(username, role, school_id, person_id)
    with acting_as("operator"):
        ensure_account(account, PASSWORD)
    return account


def id_token_of(account: Account) -> str:
    """A fresh ID token, as a client gets it from Cognito."""
    return sign_in(account.username, PASSWORD).id_token
