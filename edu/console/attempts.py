"""How often sign-in at the console may fail: for one name, and from one client address.

An attempt is counted before Cognito is asked, and taken back unless Cognito refuses it: attempts at once cannot slip
past a limit together. A counter is the item ``PLATFORM#THROTTLE#<NAME or ADDRESS>#<digest>`` of one window of five
minutes; TTL removes it. The window is short because who knows a name can use up its attempts: its owner waits minutes,
not hours, while guessing is held to some three thousand passwords a day. A school's people share an address, so its
limit is higher. https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#account-lockout
"""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.crypto import salted_hmac

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.keys import Key, platform_partition
from edu.dynamo.transactions import ALWAYS, Condition, Transaction
from edu.errors import UnavailableError
from edu.http.addresses import network_of
from edu.identity.cognito import SignInRefusedError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.tenancy import enter_console

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTITY = "console_sign_in_attempts"
WINDOW_S = 300
LIMITS: Final = {"NAME": 10, "ADDRESS": 100}
_log = get_logger(__name__)


@dataclass(frozen=True)
class Attempt:
    """One try to sign in: digests of its name and address under the installation's secret, and when its window ends."""

    digests: dict[str, str]
    window_ends_s: int

    @classmethod
    def of(cls, username: str, address: str) -> Attempt:
        """The attempt that is made now. Spellings of a name that Cognito takes for one are one."""
        digests = {"NAME": _digest("NAME", as_counted(username)), "ADDRESS": _digest("ADDRESS", network_of(address))}
        return cls(digests, (clock.epoch_s() // WINDOW_S + 1) * WINDOW_S)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the attempt around asking Cognito; each refusal leaves one record, without the name.

        Raises:
            SignInRefusedError: the name or the address has no attempt left, or what the block raised.
            UnavailableError: the table does not answer; nobody signs in uncounted.
        """
        if spent := self._count():
            self._record(spent.lower())
            raise SignInRefusedError
        try:
            yield
        except SignInRefusedError:
            self._record("credentials")
            raise
        except UnavailableError:
            self._change(-1)
            raise
        self._change(-1)

    def _count(self) -> str:
        """Count it, unless a limit is reached: that one's kind."""
        try:
            self._change(1)
        except ConditionFailedError as error:
            return str(next(iter(error.failed)))
        return ""

    def _change(self, by: int) -> None:
        transaction = Transaction()
        for kind, limit in LIMITS.items():
            transaction.update(
                self.key(kind),
                "SET entity = :entity, expires_at = :ends ADD attempts :by",
                {":entity": ENTITY, ":ends": self.window_ends_s, ":by": by},
                Condition("attribute_not_exists(pk) OR attempts < :limit", {":limit": limit}) if by > 0 else ALWAYS,
                name=kind,
            )
        with enter_console():
            transaction.commit()

    def key(self, kind: str) -> Key:
        """Where the counter of this window stands."""
        return Key(platform_partition("THROTTLE", kind, self.digests[kind]), f"WINDOW#{self.window_ends_s}")

    def _record(self, reason: str) -> None:
        _log.warning(
            "console sign-in refused",
            name_digest=self.digests["NAME"],
            address_digest=self.digests["ADDRESS"],
            **embedded("ConsoleSignInRefused", 1, COUNT, Reason=reason),
        )


def as_counted(username: str) -> str:
    """The one spelling of a name under which its attempts are counted."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def _digest(kind: str, value: str) -> str:
    return salted_hmac(f"edu.console.attempts.{kind}", value, algorithm="sha256").hexdigest()[:32]
