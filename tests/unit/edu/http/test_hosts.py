"""A host that is none of ours. The load balancer's question, which names one, is the front's to answer."""

from __future__ import annotations

from django.test import Client


def test_foreign_host_is_refused() -> None:
    assert Client().get("/admin/login/", headers={"host": "10.0.3.7:8000"}).status_code == 400
