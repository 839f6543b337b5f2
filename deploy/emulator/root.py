"""The emulator's root credentials: generated, never written in the source."""

import configparser
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "root-credentials"
PROFILE = "root"
KEY_ID_VARIABLE = "LIBRETA_EMULATOR_ROOT_KEY_ID"
SECRET_VARIABLE = "LIBRETA_EMULATOR_ROOT_SECRET"  # noqa: S105 - the name of a variable, not a secret
_KEY_ID_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class RootCredentials:
    """An access key the emulator treats as the account's root: no policy limits it."""

    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        """Keep the secret out of logs and test reports."""
        return f"RootCredentials({self.access_key_id!r}, ...)"

    @classmethod
    def generate(cls) -> "RootCredentials":
        """Make a fresh random pair."""
        key_id = "AKIA" + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(16))
        return cls(key_id, secrets.token_urlsafe(30))

    @classmethod
    def load(cls, state_dir: Path) -> "RootCredentials | None":
        """Read the pair an earlier start wrote, or None."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(state_dir / FILE_NAME, encoding="utf-8")
        if not parser.has_section(PROFILE):
            return None
        section = parser[PROFILE]
        return cls(section["aws_access_key_id"], section["aws_secret_access_key"])

    def save(self, state_dir: Path) -> None:
        """Write the pair as profile ``root`` of a shared-credentials file only its owner can read. Idempotent."""
        parser = configparser.ConfigParser(interpolation=None)
        parser[PROFILE] = {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
        }
        path = state_dir / FILE_NAME
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            parser.write(file)

    def environment(self) -> dict[str, str]:
        """The variables that hand the pair to an emulator process."""
        return {KEY_ID_VARIABLE: self.access_key_id, SECRET_VARIABLE: self.secret_access_key}


def resolve_root(state_dir: Path) -> RootCredentials:
    """The pair from the environment, else the state directory's, else a new one; written to the state directory."""
    key_id, secret = os.environ.get(KEY_ID_VARIABLE), os.environ.get(SECRET_VARIABLE)
    if key_id and secret:
        root = RootCredentials(key_id, secret)
    else:
        root = RootCredentials.load(state_dir) or RootCredentials.generate()
    root.save(state_dir)
    return root
