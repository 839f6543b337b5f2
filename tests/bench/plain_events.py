"""Events as a plain DRF and boto3 project would take them: a view that sends a message for each."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
from django.core.wsgi import get_wsgi_application

from tests.bench import plain

plain.set_up(__name__)

from django.http import HttpResponse  # noqa: E402 - after the settings
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

QUEUE_URL = os.environ["LIBRETA_BEHAVIOR_QUEUE_URL"]
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
        claims = plain.claims_of(request.headers["Authorization"])
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
