"""What STS checks and hands on with a session: tags, transitive tags, source identity, durations.

Stock ministack takes any tag value and duration, and forgets tags marked transitive and the source identity. On AWS a
``*``, ``?`` or ``#`` can never be in a tag; here neither.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import contextvars
import dataclasses
import re
import unicodedata
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from deploy.emulator.extension import patching

MAX_TAGS = 50
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
MIN_DURATION_S = 900
CHAINED_MAX_DURATION_S = 3600
DEFAULT_MAX_DURATION_S = 3600
_PATTERN = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]"
_SOURCE_IDENTITY = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")

Refusal: TypeAlias = tuple[int, dict[str, str], bytes]


@dataclasses.dataclass(frozen=True)
class Assumption:
    """What one AssumeRole request asks for beyond what ministack reads, and what its caller hands on."""

    transitive_keys: tuple[str, ...] = ()
    inherited_tags: tuple[dict[str, str], ...] = ()
    source_identity: str | None = None


_NOTHING = Assumption()
_assumption: contextvars.ContextVar[Assumption] = contextvars.ContextVar("libreta_assumption", default=_NOTHING)


def is_tag_text(text: str) -> bool:
    """Whether every character is one AWS allows in a tag: letters, digits, separators and ``_.:/=+-@``."""
    return all(unicodedata.category(char)[0] in "LZN" or char in "_.:/=+-@" for char in text)


def tag_problem(tags: list[dict[str, str]]) -> str | None:
    """What AWS would say against these session tags, or None."""
    if len(tags) > MAX_TAGS:
        return f"Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to {MAX_TAGS}"
    for index, tag in enumerate(tags, 1):
        key, value = tag["Key"], tag["Value"]
        if not (0 < len(key) <= MAX_KEY_LENGTH and is_tag_text(key)):
            return f"Value at 'tags.{index}.member.key' failed to satisfy constraint: pattern {_PATTERN}+"
        if len(value) > MAX_VALUE_LENGTH or not is_tag_text(value):
            return f"Value at 'tags.{index}.member.value' failed to satisfy constraint: pattern {_PATTERN}*"
    return None


def duration_problem(duration_s: int, role_max_s: int, *, chained: bool) -> str | None:
    """What AWS would say against a session's duration, or None."""
    if duration_s < MIN_DURATION_S:
        return f"Value at 'durationSeconds' failed to satisfy constraint: greater than or equal to {MIN_DURATION_S}"
    if duration_s > role_max_s:
        return "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    if chained and duration_s > CHAINED_MAX_DURATION_S:
        return "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    return None


def _refuse(message: str) -> Refusal:
    refusal: Refusal = patching.service("sts")._error(400, "ValidationError", message, ns="sts")
    return refusal


def _member_list(form: dict[str, list[str]], name: str) -> tuple[str, ...]:
    return tuple(values[0] for key, values in sorted(form.items()) if re.fullmatch(rf"{name}\.member\.\d+", key))


def _handle_request(original: patching.AnyFunction) -> patching.AnyFunction:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> Any:
        form = {**query_params, **parse_qs((body or b"").decode("utf-8", "replace"))}
        if form.get("Action") != ["AssumeRole"]:
            return await original(method, path, headers, body, query_params)
        session = _calling_session(headers, query_params)
        refused = _duration_refusal(form, chained=session is not None) or _source_identity_refusal(form, session)
        if refused:
            return refused
        token = _assumption.set(_read_assumption(form, session or {}))
        try:
            return await original(method, path, headers, body, query_params)
        finally:
            _assumption.reset(token)

    return handle_request


def _calling_session(headers: dict[str, str], query_params: dict[str, list[str]]) -> dict[str, Any] | None:
    """The caller's own session when the caller is a role: then roles are chained."""
    sts = patching.service("sts")
    session: dict[str, Any] | None = sts._sessions.get(sts.extract_access_key_id(headers, query_params) or "")
    return session if session and session.get("PrincipalType") == "AssumedRole" else None


def _duration_refusal(form: dict[str, list[str]], *, chained: bool) -> Refusal | None:
    asked = form.get("DurationSeconds", [""])[0]
    if not asked:
        return None
    if not asked.isdecimal():
        return _refuse("Value at 'durationSeconds' is not a number")
    name = form.get("RoleArn", [""])[0].rpartition("/")[2]
    role = patching.service("iam")._roles.get(name) or {}
    problem = duration_problem(
        int(asked), int(role.get("MaxSessionDuration") or DEFAULT_MAX_DURATION_S), chained=chained
    )
    return _refuse(problem) if problem else None


def _source_identity_refusal(form: dict[str, list[str]], session: dict[str, Any] | None) -> Refusal | None:
    asked = form.get("SourceIdentity", [""])[0]
    if asked and not _SOURCE_IDENTITY.fullmatch(asked):
        return _refuse("Value at 'sourceIdentity' failed to satisfy constraint: pattern [\\w+=,.@-]*")
    held = (session or {}).get("SourceIdentity")
    if asked and held and asked != held:
        return _refuse("The source identity of a chained session cannot be changed")
    return None


def _read_assumption(form: dict[str, list[str]], session: dict[str, Any]) -> Assumption:
    handed_on = {key.lower() for key in session.get("TransitiveTagKeys") or []}
    inherited = tuple(tag for tag in session.get("SessionTags") or [] if tag["Key"].lower() in handed_on)
    asked = form.get("SourceIdentity", [""])[0]
    return Assumption(
        transitive_keys=_member_list(form, "TransitiveTagKeys"),
        inherited_tags=inherited,
        source_identity=asked or session.get("SourceIdentity"),
    )


def _session_tags(original: patching.AnyFunction) -> patching.AnyFunction:
    """The request's tags, checked, together with those the caller's session hands on."""

    def session_tags(params: dict[str, Any], check: bool = True) -> Any:  # noqa: FBT001, FBT002 - ministack's signature
        tags, refused = original(params, check)
        if refused:
            return tags, refused
        inherited = _assumption.get().inherited_tags
        problem = tag_problem(tags)
        if {tag["Key"].lower() for tag in inherited} & {tag["Key"].lower() for tag in tags}:
            problem = "One of the specified tag keys conflicts with a transitive tag key from the calling session"
        return (None, _refuse(problem)) if problem else ([*inherited, *tags], None)

    return session_tags


def _register_session(original: patching.AnyFunction) -> patching.AnyFunction:
    def register_session(access_key: str, session: dict[str, Any]) -> None:
        assumption = _assumption.get()
        inherited = tuple(tag["Key"] for tag in assumption.inherited_tags)
        session["TransitiveTagKeys"] = [*inherited, *assumption.transitive_keys]
        session["SourceIdentity"] = assumption.source_identity
        original(access_key, session)

    return register_session


def _evaluate_trust_policy(original: patching.AnyFunction) -> patching.AnyFunction:
    """Trust policies see the source identity, which also needs an action of its own, and the transitive keys."""

    def evaluate_trust_policy(trust_doc: Any, caller_arn: str, ctx: Any = None) -> bool:
        assumption = _assumption.get()
        if ctx is None or assumption == _NOTHING:
            return bool(original(trust_doc, caller_arn, ctx))
        added: dict[str, Any] = {"sts:transitivetagkeys": list(assumption.transitive_keys) or None}
        if assumption.source_identity:
            added["sts:sourceidentity"] = assumption.source_identity
        seen = dataclasses.replace(ctx, service_context={**ctx.service_context, **added})
        setting = dataclasses.replace(seen, action="sts:SetSourceIdentity")
        return bool(
            original(trust_doc, caller_arn, seen)
            and (not assumption.source_identity or original(trust_doc, caller_arn, setting))
        )

    return evaluate_trust_policy


def _principal_keys(original: patching.AnyFunction) -> patching.AnyFunction:
    def principal_keys(credential: Any) -> dict[str, Any]:
        keys: dict[str, Any] = original(credential)
        session = patching.service("sts")._sessions.get(credential.access_key_id) or {}
        if session.get("SourceIdentity"):
            keys["aws:sourceidentity"] = session["SourceIdentity"]
        return keys

    return principal_keys


def install() -> None:
    """Check and hand on what a session carries."""
    sts, evaluator = patching.service("sts"), patching.core("iam_evaluator")
    patching.require(sts, "extract_access_key_id", "headers query_params")
    patching.replace(sts, "handle_request", "method path headers body query_params", _handle_request)
    patching.replace(sts, "_session_tags", "params check", _session_tags)
    patching.replace(sts, "register_session", "access_key session", _register_session)
    patching.replace(evaluator, "evaluate_trust_policy", "trust_doc caller_arn ctx", _evaluate_trust_policy)
    patching.replace(evaluator, "_principal_keys", "credential", _principal_keys)
    vars(sts)["_principal_keys"] = evaluator._principal_keys  # sts took the stock function over by name
