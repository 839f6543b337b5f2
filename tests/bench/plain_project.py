"""The same write as a plain DRF and boto3 project would do it: the baseline our stack is compared with.

One settings block, one view, one client of the default session made at import, no pool tuning, no tenancy. It sends the
transaction that ``BENCH_ACTIONS`` holds as a template, with fresh keys for each request.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any

import boto3
from django.core.wsgi import get_wsgi_application

from tests.bench import plain

plain.set_up(__name__)

from django.urls import path  # noqa: E402 - after the settings
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

if TYPE_CHECKING:
    from rest_framework.request import Request

TEMPLATE = os.environ["BENCH_ACTIONS"]
client = boto3.client("dynamodb")


class ScoreInput(serializers.Serializer[Any]):
    """A student's score."""

    student_id = serializers.CharField()
    value = serializers.CharField()


class Scores(APIView):
    """Record a score."""

    def post(self, request: Request) -> Response:
        """Verify the token, validate, write, answer."""
        plain.claims_of(request.headers["Authorization"])
        given = ScoreInput(data=request.data)
        given.is_valid(raise_exception=True)
        client.transact_write_items(TransactItems=json.loads(TEMPLATE.replace("@RUN@", uuid.uuid4().hex)))
        return Response(given.validated_data, status=201)


urlpatterns = [path("scores", Scores.as_view())]
application = get_wsgi_application()
