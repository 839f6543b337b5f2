"""Cognito's protection of attributes: immutable ones never change, and a user writes only what the client may write.

Stock ministack lets a user change any attribute of their own, ``custom:school_id`` included.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

from typing import Any

from deploy.emulator.extension import patching
from deploy.emulator.extension.stack_resources import is_true

# What AWS lets a client write when it names no write attributes: everything but custom and verified ones.
_NEVER_BY_USER = frozenset({"sub", "email_verified", "phone_number_verified"})


def immutable_names(pool: dict[str, Any]) -> frozenset[str]:
    """The attributes of a pool that keep their first value."""
    return frozenset(item["Name"] for item in pool.get("SchemaAttributes", []) if item.get("Mutable") is False)


def is_writable(pool: dict[str, Any], client_id: str, name: str) -> bool:
    """Whether the client may write ``name`` on a user's behalf."""
    writable = (pool.get("_clients", {}).get(client_id) or {}).get("WriteAttributes")
    return name in writable if writable else name not in _NEVER_BY_USER


def _changes_immutable(pool: dict[str, Any], user: dict[str, Any], names: set[str]) -> bool:
    """AWS refuses even the same value, once the attribute has one."""
    set_already = {item["Name"] for item in user.get("Attributes", [])}
    return bool(names & immutable_names(pool) & (set_already | {"sub"}))


def _names(data: dict[str, Any]) -> set[str]:
    return {str(item.get("Name")) for item in data.get("UserAttributes") or []}


def _refusal(code: str, message: str) -> Any:
    return patching.core("responses").error_response_json(code, message, 400)


def _update_by_user(original: patching.AnyFunction) -> patching.AnyFunction:
    def update_user_attributes(data: dict[str, Any]) -> Any:
        cognito = patching.service("cognito")
        token = data.get("AccessToken", "")
        user, pool = cognito._user_pool_for_access_token(token) if token else (None, None)
        if user and pool:
            client_id = str(cognito._token_claims(token).get("client_id", ""))
            unwritable = not all(is_writable(pool, client_id, name) for name in _names(data))
            if unwritable or _changes_immutable(pool, user, _names(data)):
                return _refusal("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        return original(data)

    return update_user_attributes


def _update_by_admin(original: patching.AnyFunction) -> patching.AnyFunction:
    def admin_update_user_attributes(data: dict[str, Any]) -> Any:
        cognito = patching.service("cognito")
        pool, refused = cognito._resolve_pool(data.get("UserPoolId"))
        user, unknown = cognito._resolve_user(pool, data.get("Username")) if not refused else (None, None)
        if user and not refused and not unknown and _changes_immutable(pool, user, _names(data)):
            return _refusal("InvalidParameterException", "user.custom attributes cannot be changed: not mutable")
        return original(data)

    return admin_update_user_attributes


def _sign_up(original: patching.AnyFunction) -> patching.AnyFunction:
    def sign_up(data: dict[str, Any]) -> Any:
        client_id = str(data.get("ClientId", ""))
        pools = patching.service("cognito")._user_pools.values()
        pool = next((found for found in pools if client_id in found["_clients"]), None)
        if pool:
            if is_true((pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly")):
                return _refusal("NotAuthorizedException", "SignUp is not permitted for this user pool")
            if not all(is_writable(pool, client_id, name) for name in _names(data)):
                return _refusal("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        return original(data)

    return sign_up


def install() -> None:
    """Guard every operation that writes a user's attributes."""
    cognito = patching.service("cognito")
    patching.require(cognito, "_user_pool_for_access_token", "access_token")
    patching.require(cognito, "_token_claims", "token")
    patching.require(cognito, "_resolve_pool", "pool_id")
    patching.require(cognito, "_resolve_user", "pool username")
    patching.replace(cognito, "_update_user_attributes", "data", _update_by_user)
    patching.replace(cognito, "_admin_update_user_attributes", "data", _update_by_admin)
    patching.replace(cognito, "_sign_up", "data", _sign_up)
