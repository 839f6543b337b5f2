"""The isolation canary: every few minutes a school that nobody uses tries to reach another's data, and must fail.

Tests show that schools were isolated when we shipped; this shows that they are now, with the policies as they are in
the cloud today. The metric ``IsolationBreach`` is 0 after each good run and 1 after a breach; alarms watch for a 1 and
for missing values.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from edu import clock
from edu.dynamo.isolation_probe import Ending, try_to_reach, use_own
from edu.errors import ConfigurationError, LibretaError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.schools import list_schools
from edu.tenancy import enter_school, is_canary_id

_NEEDED = 2
_log = get_logger(__name__)


class IsolationBreachError(LibretaError):
    """A school reached another's partition, or could not use its own, so that its refusals prove nothing."""

    code = "isolation_breach"


class CanarySettingsError(ConfigurationError):
    """The canaries are not two different schools that are on nobody's list."""

    code = "canary_settings"


@dataclass(frozen=True)
class Findings:
    """One run: which attempts on the other school were not refused, which of one's own were, out of how many."""

    crossed: tuple[str, ...]
    own_denied: tuple[str, ...]
    attempts: int
    own_attempts: int

    @property
    def is_breach(self) -> bool:
        """Whether an operator must act now."""
        return bool(self.crossed or self.own_denied)


def try_isolation() -> Findings:
    """Run the probe, log one record with the metric, and raise when isolation did not hold. Safe to run at any time.

    Raises:
        IsolationBreachError: see there; logged as critical before.
        CanarySettingsError: the settings name no pair of canaries.
        UnavailableError: STS or the table does not answer: nothing is known, and no metric is written.
    """
    own, other = _canaries()
    now_s = clock.epoch_s()
    with enter_school(own):
        allowed, forbidden = use_own(now_s=now_s), try_to_reach(other, now_s=now_s)
    findings = Findings(
        crossed=tuple(name for name, ending in forbidden.items() if ending is not Ending.DENIED),
        own_denied=tuple(name for name, ending in allowed.items() if ending is not Ending.DONE),
        attempts=len(forbidden),
        own_attempts=len(allowed),
    )
    _report(findings)
    if findings.is_breach:
        raise IsolationBreachError
    return findings


def _canaries() -> tuple[str, str]:
    schools = list(settings.CANARY_SCHOOLS)
    if len(schools) != _NEEDED or len(set(schools)) != _NEEDED or not all(map(is_canary_id, schools)):
        raise CanarySettingsError("LIBRETA_CANARY_SCHOOLS: two different ids that begin with canary-")
    if any(school.school_id in schools for school in list_schools()):
        raise CanarySettingsError("LIBRETA_CANARY_SCHOOLS: a registered school is no canary")
    return schools[0], schools[1]


def _report(findings: Findings) -> None:
    counts = {
        "attempts": findings.attempts,
        "denied": findings.attempts - len(findings.crossed),
        "own_attempts": findings.own_attempts,
        "own_done": findings.own_attempts - len(findings.own_denied),
    }
    metric = embedded("IsolationBreach", int(findings.is_breach), COUNT)
    if findings.is_breach:
        refused, crossed = list(findings.own_denied), list(findings.crossed)
        code = IsolationBreachError.code
        _log.critical("isolation breached", code=code, crossed=crossed, own_denied=refused, **counts, **metric)
    else:
        _log.info("isolation holds", **counts, **metric)
