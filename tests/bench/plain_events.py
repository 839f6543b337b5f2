"""Events as a plain DRF and boto3 project would take them: a view that sends a message for each."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import django
import jwt
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    SECRET_KEY=os.environ["LIBRETA_SECRET_KEY"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.http import HttpResponse  # noqa: E402 - after the settings
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

QUEUE_URL = os.environ["LIBRETA_BEHAVIOR_QUEUE_URL"]
KEYS = jwt.PyJWKClient(os.environ["LIBRETA_JWKS_URL"])
client = boto3.client("sqs")


class EventInput(serializers.Serializer[Any]):
    """An event as a device sends it."""

    event_id = serializers.UUIDField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()


class Events(APIView):
    """Take an event."""

    def post(self, request: Request) -> Response:
        """Verify the token, validate, send, answer."""
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(
            token,
            KEYS.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            audience=os.environ["LIBRETA_USER_POOL_CLIENT_ID"],
        )
        given = EventInput(data=request.data)
        given.is_valid(raise_exception=True)
        message = {"school_id": claims["custom:school_id"], "student_id": claims["custom:person_id"], **given.data}
        client.send_message(QueueUrl=QUEUE_URL, MessageBody=json.dumps(message))
        return Response({"events": 1}, status=202)


def health(_request: HttpRequest) -> HttpResponse:
    """Say that it serves."""
    return HttpResponse("ok")


urlpatterns = [path("api/v1/behavior", Events.as_view()), path("healthz", health)]
application = get_wsgi_application()
