"""Athena with the caller's own rights on S3, and queries as parts of their workgroup.

Stock ministack reads any object for any query, writes results anywhere, and checks ``GetQueryExecution`` and the like
on ``*``, which no policy that names a workgroup allows. On AWS the caller needs ``s3:GetObject`` on the data and
``s3:PutObject`` on the results. One difference stays: AWS fails a query that touches an object its caller may not read;
here such objects are left out (``query_plan``).
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import contextvars
import json
from typing import Any
from urllib.parse import urlsplit

from deploy.emulator.extension import patching

_caller: contextvars.ContextVar[tuple[str, str]] = contextvars.ContextVar("libreta_query_caller", default=("", ""))
_QUERY_ID = "QueryExecutionId"
_HIDDEN = "_hidden"


def _resource_arn(original: patching.AnyFunction) -> patching.AnyFunction:
    def extract_resource_arn(  # noqa: PLR0917 - ministack's signature
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        found: str = original(service, method, path, headers, body, query_params, region, account_id)
        if service != "athena" or found != "*":
            return found
        execution = _execution(_parsed(body))
        return f"arn:aws:athena:{region}:{account_id}:workgroup/{execution['WorkGroup']}" if execution else found

    return extract_resource_arn


def _handle_request(original: patching.AnyFunction) -> patching.AnyFunction:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        router = patching.core("router")
        caller = (router.extract_access_key_id(headers, query_params), router.extract_region(headers, query_params))
        token = _caller.set(caller)
        try:
            refusal = _refusal(headers.get("x-amz-target", "").rsplit(".", 1)[-1], _parsed(body))
            return refusal or await original(method, path, headers, body, query_params)
        finally:
            _caller.reset(token)

    return handle_request


def _refusal(operation: str, request: dict[str, Any]) -> Any:
    """What AWS would answer to a caller without rights on the place of the results; None when they have them."""
    if operation == "StartQueryExecution":
        location = (request.get("ResultConfiguration") or {}).get("OutputLocation")
        action, name = "s3:PutObject", "results.csv"
    elif operation == "GetQueryResults":
        location = (_execution(request) or {}).get("ResultConfiguration", {}).get("OutputLocation")
        action, name = "s3:GetObject", ""
    else:
        return None
    if not location or _allowed(action, location + name):
        return None
    message = f"Access denied: {action} on the query's output location"
    return patching.service("athena").error_response_json("AccessDeniedException", message, 400)


def _allowed(action: str, url: str) -> bool:
    key_id, region = _caller.get()
    parts = urlsplit(url)
    arn = f"arn:aws:s3:::{parts.netloc}{parts.path}"
    return patching.core("iam_evaluator").enforce(key_id, action, "athena", region, resource_arn=arn) is None


def may_read(bucket: str, key: str) -> bool:
    """Whether the caller of the query at hand may read an object."""
    return _allowed("s3:GetObject", f"s3://{bucket}/{key}")


def _hidden(original: patching.AnyFunction) -> patching.AnyFunction:
    """Treat as hidden what the caller may not read, for ministack's own engine (``--without-query-bounds``)."""

    def materialize(location: str, workdirs: list[str]) -> Any:
        athena = patching.service("athena")
        stock: patching.AnyFunction = athena._hidden
        base = location if location.endswith("/") else f"{location}/"
        readable: dict[str, bool] = {}

        def hidden(relative_key: str) -> bool:
            folder = relative_key.rpartition("/")[0]
            if folder not in readable:
                readable[folder] = _allowed("s3:GetObject", base + relative_key)
            return stock(relative_key) or not readable[folder]

        setattr(athena, _HIDDEN, hidden)
        try:
            return original(location, workdirs)
        finally:
            setattr(athena, _HIDDEN, stock)

    return materialize


def _execution(request: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = patching.service("athena")._executions.get(str(request.get(_QUERY_ID, "")))
    return found


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def install() -> None:
    """Bind Athena to its caller's rights."""
    athena, actions, router = patching.service("athena"), patching.core("iam_actions"), patching.core("router")
    patching.require(athena, _HIDDEN, "relative_key")
    patching.require(router, "extract_access_key_id", "headers query_params")
    patching.require(router, "extract_region", "headers query_params")
    parameters = "access_key_id iam_action service region resource_arn service_context"
    patching.require(patching.core("iam_evaluator"), "enforce", parameters)
    request = "service method path headers body query_params region account_id"
    patching.replace(actions, "extract_resource_arn", request, _resource_arn)
    patching.replace(athena, "handle_request", "method path headers body query_params", _handle_request)
    patching.replace(athena, "_materialize_table_files", "location workdirs", _hidden)
