"""What a setting may be: functions of its value that say what is wrong with it, or nothing.

A rule's words follow the variable's name and never quote the value, which may be a secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

Rule: TypeAlias = Callable[[Any], str]

SHORTEST_SECRET_CHARS: Final = 32
_FEWEST_DIFFERENT_CHARS = 8
_HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z", re.IGNORECASE
)
_RATE = re.compile(r"[1-9][0-9]{0,8}/(?:second|minute|hour|day)")
_LOCAL_NAMES = frozenset({"localhost", "local", "localdomain"})


def matching(pattern: str, says: str) -> Rule:
    """The whole text has this form."""
    compiled = re.compile(pattern)
    return lambda value: "" if isinstance(value, str) and compiled.fullmatch(value) else says


def between(least: float, most: float, unit: str = "") -> Rule:
    """A number of this range."""
    says = f"must be from {least:g} to {most:g}{unit}"
    return lambda value: "" if isinstance(value, (int, float)) and least <= value <= most else says


def true(value: object) -> str:
    """Not switched off."""
    return "" if value is True else "must not be false"


def rate(value: object) -> str:
    """So many calls in some time, as DRF reads it."""
    return "" if isinstance(value, str) and _RATE.fullmatch(value) else "must be a rate such as 600/minute"


def random(value: str) -> str:
    """As many different characters as chance would bring."""
    return "" if len(set(value)) >= _FEWEST_DIFFERENT_CHARS else "is not random"


def unspaced(value: str) -> str:
    """Nothing in it that a copy from a page leaves behind."""
    return "" if value.isascii() and value.isprintable() and " " not in value else "has characters that no key has"


def at_least_chars(count: int) -> Rule:
    """So long."""
    return lambda value: "" if len(value) >= count else f"must have {count} characters or more"


def hosts(value: Sequence[str]) -> str:
    """Full names: a pattern, a suffix (``.com``) or an address would let a stranger's Host in."""
    return "" if value and all(is_public_host(host) for host in value) else "must name hosts"


def https_origins(value: Sequence[str]) -> str:
    """Origins as a browser writes them: https, a full host name, no pattern and no path."""
    return (
        "" if all(_is_https_origin(origin) for origin in value) else "must hold origins such as https://libreta.example"
    )


def https_address(value: str) -> str:
    """An address of the network that is called under TLS, with nothing in it but host, port and path."""
    try:
        parts = urlsplit(value)
        clean = parts.port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        clean = False
    good = clean and parts.scheme == "https" and is_public_host(parts.hostname or "")
    return "" if good else "must be an https address of a public host"


def is_public_host(host: str) -> bool:
    """Whether it is a full host name, and none that means this machine or its own network."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_HOST.match(host)) and host.lower().rpartition(".")[2] not in _LOCAL_NAMES
    return False


def readable_file(value: str) -> str:
    """A file that is there, or none named."""
    return "" if not value or os.access(value, os.R_OK) else "names no file that can be read"


def of_no_laptop(state_dir: Path) -> str:
    """Without what ``make run`` leaves behind, which the settings would read."""
    return "holds a local system's local.env" if (state_dir / "local.env").is_file() else ""


def _is_https_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return False
    return is_public_host(parts.hostname or "") and origin == f"https://{parts.hostname}{port}"
