"""Secrets of Secrets Manager, read with the process's own role."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from edu.aws.clients import new_service_client
from edu.errors import UnavailableError

# Whoever needs a secret has little time: two attempts, at most some six seconds. Read once a minute, it is worth no
# client that is kept.
_QUICK: Final = {
    "connect_timeout": 1,
    "read_timeout": 2,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}


class SecretUnavailableError(UnavailableError):
    """Secrets Manager did not give the secret's text: it refused, does not answer, or there is none."""

    code = "secret_unavailable"


def read_secret(secret_id: str) -> str:
    """The current version's text of a secret, by name or ARN.

    Raises:
        SecretUnavailableError: see there.
    """
    try:
        found = new_service_client("secretsmanager", **_QUICK).get_secret_value(SecretId=secret_id)
        return str(found["SecretString"])
    except (ClientError, BotoCoreError, KeyError) as error:  # a KeyError: the secret holds bytes
        raise SecretUnavailableError(type(error).__name__) from error
