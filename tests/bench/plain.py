"""What the plain projects share that ours is measured beside: their settings, and a token check as PyJWT shows it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import django
import jwt
from django.conf import settings


def set_up(root_urlconf: str) -> None:
    """One settings block, nothing tuned."""
    settings.configure(
        SECRET_KEY=os.environ["LIBRETA_SECRET_KEY"],
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=root_urlconf,
        INSTALLED_APPS=["rest_framework"],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
        },
    )
    django.setup()


def claims_of(authorization: str) -> dict[str, Any]:
    """The claims of a bearer token, verified for each request."""
    token = authorization.removeprefix("Bearer ")
    client_id = os.environ["LIBRETA_USER_POOL_CLIENT_ID"]
    key = _keys().get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=client_id)
    return claims


@cache
def _keys() -> jwt.PyJWKClient:
    return jwt.PyJWKClient(os.environ["LIBRETA_JWKS_URL"])
