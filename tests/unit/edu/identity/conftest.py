"""An issuer and the verifier that trusts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.identity.jwks import KeySet
from edu.identity.tokens import TokenVerifier
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, running_issuer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def keys(issuer: Issuer) -> KeySet:
    return KeySet(issuer.url)


@pytest.fixture
def verifier(keys: KeySet) -> TokenVerifier:
    return TokenVerifier(keys=keys, issuer=ISSUER, client_id=CLIENT_ID)
