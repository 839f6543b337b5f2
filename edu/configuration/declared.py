"""The settings there are, each with the rules it has to keep: everywhere, and on AWS.

``edu/settings.py`` reads them, ``.env.example`` explains them to the operator, and tests hold the three together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from edu.configuration import rules
from edu.configuration.rules import Rule, between, matching
from edu.queues import QUEUES
from edu.tenancy import is_canary_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROLE: Final = matching(r"arn:aws(?:-[a-z-]+)?:iam::[0-9]{12}:role/[\w+=,.@/-]{1,128}", "is no role's ARN")
_CANARIES: Final = 2
_MINUTE_S: Final = 60


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A setting: its variable, how its effective value is read, and what that may be.

    ``needed`` and ``secret`` hold for a process that serves anywhere; ``secret`` asks for a length too. ``everywhere``
    and ``on_aws`` are rules of the value, where there is one.
    """

    variable: str
    value: Callable[[], Any]
    needed: bool = False
    secret: bool = False
    everywhere: tuple[Rule, ...] = ()
    on_aws: tuple[Rule, ...] = field(default=())

    @property
    def is_missing(self) -> bool:
        """Whether it is needed and not there, or too short to be a secret."""
        value = self.value()
        return (self.needed and not value) or (self.secret and len(value) < rules.SHORTEST_SECRET_CHARS)

    def problems(self, *, aws: bool) -> Iterator[str]:
        """What is wrong with the value, each beginning with the variable's name."""
        value = self.value()
        for rule in (*self.everywhere, *(self.on_aws if aws else ())):
            says = rule(value)
            if says:
                yield f"{self.variable} {says}"


def _setting(name: str, variable: str = "", **declared: Any) -> Declared:  # noqa: ANN401 - as for Declared
    return Declared(variable=variable or f"LIBRETA_{name}", value=lambda: getattr(settings, name), **declared)


def _queue_address(value: object) -> str:
    """The queue's own address at SQS of our region, under TLS."""
    place = re.escape(f"https://sqs.{settings.AWS_REGION}.{_domain()}/")
    says = f"is no https address of a queue in {settings.AWS_REGION}"
    return matching(place + "[0-9]{12}/[A-Za-z0-9_-]{1,80}", says)(value)


def _queue_address_if_any(value: object) -> str:
    return _queue_address(value) if value else ""


def _domain() -> str:
    return "amazonaws.com.cn" if settings.AWS_REGION.startswith("cn-") else "amazonaws.com"


def _of_region(pool_id: str) -> str:
    return "" if pool_id.startswith(f"{settings.AWS_REGION}_") else f"is no pool of {settings.AWS_REGION}"


def _issuer() -> str:
    """The issuer of the user pool's tokens, under which its keys lie too.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """
    return f"https://cognito-idp.{settings.AWS_REGION}.{_domain()}/{settings.USER_POOL_ID}"


def _is_issuer(value: str) -> str:
    return "" if value == _issuer() else f"must be {_issuer()}"


def _is_key_address(value: str) -> str:
    expected = f"{_issuer()}/.well-known/jwks.json"
    return "" if value == expected else f"must be {expected}"


def _government_key(value: str) -> str:
    """The government chooses it, so it may be shorter than ours; or it is in a secret."""
    faults = (rule(value) for rule in (rules.at_least_chars(16), rules.random, rules.unspaced))
    return "" if settings.GOV_API_KEY_SECRET else next(filter(None, faults), "")


def _no_second_key(value: str) -> str:
    return "must be empty beside LIBRETA_GOV_API_KEY_SECRET" if value and settings.GOV_API_KEY_SECRET else ""


def _product_apps(value: Sequence[str]) -> str:
    return "" if set(value) <= set(settings.PRODUCTION_APPS) else "must be empty"


def _canaries(value: Sequence[str]) -> str:
    """Two ids from the name space that no school may be registered in."""
    good = len(set(value)) == len(value) == _CANARIES and all(is_canary_id(school_id) for school_id in value)
    return "" if good else "must be two different ids that begin with canary-"


SETTINGS: Final = (
    _setting("ENVIRONMENT", "LIBRETA_ENV", on_aws=(matching("[a-z][a-z0-9]{1,9}", "is no environment of the stack"),)),
    _setting("STATE_DIR", on_aws=(rules.of_no_laptop,)),
    _setting("AWS_REGION", "AWS_REGION", on_aws=(matching(r"[a-z]{2}(?:-[a-z]+)+-[1-9]", "is no region"),)),
    _setting("AWS_POOL_CONNECTIONS", everywhere=(between(1, 200),)),
    _setting("TABLE_NAME", needed=True, on_aws=(matching(r"[\w.-]{3,255}", "is no table's name"),)),
    _setting("TENANT_ROLE_ARN", needed=True, on_aws=(_ROLE,)),
    _setting("PLATFORM_ROLE_ARN", needed=True, on_aws=(_ROLE,)),
    _setting("CONSOLE_ROLE_ARN", needed=True, on_aws=(_ROLE,)),
    _setting("LAKE_ROLE_ARN", needed=True, on_aws=(_ROLE,)),
    *(_setting(queue.setting, needed=True, on_aws=(_queue_address,)) for queue in QUEUES),
    # an operator's command asks for it, no process that serves
    _setting("PIPE_DLQ_URL", on_aws=(_queue_address_if_any,)),
    _setting("USER_POOL_ID", needed=True, on_aws=(_of_region,)),
    _setting("USER_POOL_CLIENT_ID", needed=True, on_aws=(matching(r"[\w+]{1,128}", "is no client's id"),)),
    _setting("JWT_ISSUER", needed=True, on_aws=(_is_issuer,)),
    _setting("JWKS_URL", needed=True, on_aws=(_is_key_address,)),
    _setting("LAKE_BUCKET", needed=True, on_aws=(matching("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "is no bucket's name"),)),
    _setting("ATHENA_WORKGROUP", needed=True, on_aws=(matching(r"[\w.-]{1,128}", "is no workgroup's name"),)),
    _setting("GLUE_DATABASE", needed=True, on_aws=(matching("[a-z0-9_-]{1,255}", "is no database's name"),)),
    _setting("SECRET_KEY", secret=True, on_aws=(rules.random,)),
    _setting("PSEUDONYM_KEY", secret=True, on_aws=(rules.random,)),
    _setting("GOV_API_KEY", everywhere=(_no_second_key,), on_aws=(_government_key,)),
    _setting("GOV_API_KEY_SECRET", everywhere=(matching(r"[\w/+=.@:-]{0,2048}", "is no secret's name or ARN"),)),
    _setting("GOV_API_SHAPE", everywhere=(matching("direct|upload", "must be direct or upload"),)),
    _setting("GOV_CA_FILE", everywhere=(rules.readable_file,)),
    _setting("GOV_API_URL", needed=True, on_aws=(rules.https_address,)),
    _setting("ALLOWED_HOSTS", on_aws=(rules.hosts,)),
    _setting("CSRF_TRUSTED_ORIGINS", on_aws=(rules.https_origins,)),
    _setting("SESSION_COOKIE_SECURE", "LIBRETA_SECURE_COOKIES", on_aws=(rules.true,)),
    _setting("CSRF_COOKIE_SECURE", "LIBRETA_SECURE_COOKIES", on_aws=(rules.true,)),
    _setting("SESSION_COOKIE_AGE", "LIBRETA_SESSION_AGE_S", everywhere=(between(_MINUTE_S, 24 * 3600, " s"),)),
    Declared(
        variable="LIBRETA_TRUSTED_PROXIES",
        value=lambda: settings.REST_FRAMEWORK["NUM_PROXIES"],
        everywhere=(between(0, 5),),
        on_aws=(between(1, 5),),  # without one every client has the balancer's address, and one attempt limit
    ),
    _setting("BODY_TIMEOUT_S", everywhere=(between(0.1, 60, " s"),)),
    _setting("SILENCE_TIMEOUT_S", everywhere=(between(0.1, 600, " s"),)),
    _setting("EVENTS_A_MINUTE_OF_DEVICE", everywhere=(between(1, 1_000_000),)),
    _setting("EVENTS_A_MINUTE_OF_SCHOOL", everywhere=(between(1, 10_000_000),)),
    _setting("REFUSED_KIB_A_MINUTE", everywhere=(between(1, 1_048_576, " KiB"),)),
    Declared(variable="LIBRETA_API_READS", value=lambda: settings.API_RATES["reads"], everywhere=(rules.rate,)),
    Declared(variable="LIBRETA_API_WRITES", value=lambda: settings.API_RATES["writes"], everywhere=(rules.rate,)),
    _setting("SQS_WAIT_TIME_S", everywhere=(between(0, 20, " s"),)),  # SQS's own range
    _setting("EVENT_BATCH_S", everywhere=(between(0, 20, " s"),)),
    _setting("EVENT_RETRY_S", everywhere=(between(0, 900, " s"),)),  # SQS's own range
    _setting("EVENT_REPORT_S", everywhere=(between(1, 600, " s"),)),
    _setting("CANARY_SCHOOLS", on_aws=(_canaries,)),
    # an alarm expects a run in fifteen minutes
    _setting("CANARY_EVERY_S", everywhere=(between(0.1, 24 * 3600, " s"),), on_aws=(between(_MINUTE_S, 900, " s"),)),
    # the metrics are members of records of that level; below it libraries write what people sent
    _setting("LOG_LEVEL", on_aws=(matching("INFO", "must be INFO"),)),
    _setting("INSTALLED_APPS", "LIBRETA_EXTRA_APPS", on_aws=(_product_apps,)),
)
_DIFFERENT: Final = (
    ("SECRET_KEY", "PSEUDONYM_KEY", "GOV_API_KEY"),
    ("TENANT_ROLE_ARN", "PLATFORM_ROLE_ARN", "CONSOLE_ROLE_ARN", "LAKE_ROLE_ARN"),
    tuple(queue.setting for queue in QUEUES),
)


def missing() -> list[str]:
    """The variables that a serving process needs and has not, and those too short to be secrets."""
    return [declared.variable for declared in SETTINGS if declared.is_missing]


def problems(*, aws: bool) -> list[str]:
    """What is wrong with the settings, one sentence each, in the order of their declaration."""
    found = [says for declared in SETTINGS for says in declared.problems(aws=aws)]
    return list(dict.fromkeys(found + (list(_shared()) if aws else [])))


def _shared() -> Iterator[str]:
    """Settings that must differ from each other and do not."""
    for names in _DIFFERENT:
        values = [getattr(settings, name) for name in names]
        same = [name for name, value in zip(names, values, strict=True) if value and values.count(value) > 1]
        if same:
            yield f"{' and '.join(f'LIBRETA_{name}' for name in same)} must differ"
