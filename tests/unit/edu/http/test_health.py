"""The load balancer's question."""

from __future__ import annotations

from django.test import Client


def test_health_answers_a_probe_that_names_an_address() -> None:
    answer = Client().get("/healthz", headers={"host": "10.0.3.7:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_foreign_host_is_refused_everywhere_else() -> None:
    assert Client().get("/admin/login/", headers={"host": "10.0.3.7:8000"}).status_code == 400
