"""How the API's contract is read from its views: what all operations share is said here, the rest by each view."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from edu.http import contract
from edu.http.guide import TOKENS
from edu.http.serializers import StrictSerializer
from edu.identity.capabilities import roles_of

if TYPE_CHECKING:
    from drf_spectacular.plumbing import ComponentRegistry

    from edu.identity.capabilities import Capability

SECURITY_SCHEME = "idToken"
IF_MATCH = OpenApiParameter("If-Match", location=OpenApiParameter.HEADER)
CREATES_OR_REPLACES = OpenApiParameter("Nothing-Replaced", location=OpenApiParameter.HEADER)
ROW_OUTCOMES = OpenApiParameter("Row-Outcomes", location=OpenApiParameter.HEADER, response=[200])
_COMMON = (400, 401, 403, 406, 422, 429, 431, 503)
_READS = (304, 412)
_WRITES = (408, 409, 413, 415)
_VERSIONED = (412, 428)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer token, as the contract says it."""

    target_class = "edu.identity.authentication.BearerAuthentication"
    name = SECURITY_SCHEME

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002 - theirs
        """The security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": TOKENS,
        }


class LibretaSchema(AutoSchema):
    """Adds roles, shared headers and every refusal that an operation can give.

    A view method says its operation id, tag, request and answer with ``extend_schema``, and ``IF_MATCH`` among its
    parameters if it changes a version that the caller must name, ``CREATES_OR_REPLACES`` if it may also create what is
    not there yet, ``ROW_OUTCOMES`` if it answers for many rows. ``refusals`` of a view are statuses by method that only
    it gives.
    """

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        """The operation with what it shares with all others."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is not None:
            self._add_parameters(operation)
            self._add_headers(operation["responses"])
            operation["responses"] = dict(sorted((operation["responses"] | self._refusals(operation)).items()))
        return operation

    def get_summary(self) -> str:
        """The operation's id in words."""
        return self.get_operation_id().replace("_", " ").capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        """The method's docstring, and who may call it."""
        view: Any = self.view
        return f"{super().get_description()}\n\n{roles_text(view.capabilities[self.method])}"

    def _get_request_body(self, direction: Any = "request") -> Any:  # noqa: ANN401 - theirs
        """The body, also of a DELETE that says why: theirs leaves that out."""
        method, self.method = self.method, self.method.replace("DELETE", "POST")
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:  # noqa: ANN401, FBT001, FBT002 - theirs
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.removesuffix("Request").removesuffix("Output")  # input and output are different classes anyway

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:  # noqa: ANN401 - theirs
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        example = getattr(serializer, "example", None)
        said = {"additionalProperties": False} if _is_strict(serializer) else {}
        return schema | said | ({"example": example} if example is not None else {})

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - theirs
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if not isinstance(field, serializers.DecimalField):
            return schema
        pattern = schema["pattern"].replace(r"\d{0,", "[0-9]{1,")  # theirs takes the empty text for a number
        if field.min_value is not None and field.min_value >= 0:
            pattern = pattern.replace("^-?", "^")
        return schema | {"pattern": pattern}

    def _add_parameters(self, operation: dict[str, Any]) -> None:
        own = operation.get("parameters", [])
        shared = ["Accept-Language", "X-Correlation-Id"]
        shared.append("If-None-Match" if self.method == "GET" else "Idempotency-Key")
        names = {part["name"] for part in own}
        if IF_MATCH.name in names:
            shared.append("If-Match")
        if CREATES_OR_REPLACES.name in names:
            shared += ["Replaced-Version", "Nothing-Replaced"]
        kept = [part for part in own if part["name"] not in contract.PARAMETERS]
        operation["parameters"] = kept + contract.parameter(*shared)
        self.versioned = bool(names & {IF_MATCH.name, CREATES_OR_REPLACES.name})

    def _refusals(self, operation: dict[str, Any]) -> dict[str, Any]:
        statuses = {*_COMMON, *(_READS if self.method == "GET" else _WRITES)}
        if any(part.get("in") == "path" for part in operation["parameters"]):
            statuses.add(404)
        if self.versioned:
            statuses.update(_VERSIONED)
        statuses.update(getattr(self.view, "refusals", {}).get(self.method, ()))
        return contract.refusals(*statuses)

    def _add_headers(self, responses: dict[str, Any]) -> None:
        for status, response in responses.items():
            response["description"] = response["description"] or HTTPStatus(int(status)).phrase
            later = int(status) == HTTPStatus.ACCEPTED  # read at its Location, once it is there
            tagged = not later and (self.method == "GET" or self._has_version(response))
            created = later or int(status) == HTTPStatus.CREATED
            has = {"ETag": tagged, "Location": created, "Idempotent-Replayed": self.method != "GET"}
            has |= {"Retry-After": later}
            own = [name for name, is_there in has.items() if is_there]
            declared = [name for name in response.get("headers", ()) if name in contract.HEADERS]
            response["headers"] = contract.header("X-Correlation-Id", *own, *declared)

    def _has_version(self, response: dict[str, Any]) -> bool:
        reference: str = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        if not reference:
            return False
        component = self.registry[reference.rpartition("/")[2], ResolvedComponent.SCHEMA]
        return "version" in component.schema["properties"]


def _is_strict(serializer: Any) -> bool:  # noqa: ANN401 - a class or an instance
    kind = serializer if isinstance(serializer, type) else type(serializer)
    return issubclass(kind, StrictSerializer)


def roles_text(capability: Capability) -> str:
    """The sentence that names the roles with a capability."""
    return f"Roles: {', '.join(f'`{role}`' for role in sorted(roles_of(capability)))}."


def results_of(name: str, item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A whole listing, as the component ``name``."""
    return inline_serializer(name, {"results": item(many=True)})


def page_of(name: str, item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A page of a listing, as the component ``name``."""
    following = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null after the last.")
    return inline_serializer(name, {"results": item(many=True), "next": following})
