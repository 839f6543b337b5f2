from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from tests.support.browsers import Browser

PAGES = {
    "400.html": "La solicitud no se puede atender",
    "413.html": "La solicitud es demasiado grande",
    "403.html": "Su rol no permite esto",
    "403_csrf.html": "El formulario caducó",
    "404.html": "No se encuentra",
    "500.html": "Algo falló de nuestro lado",
    "admin/invalid_setup.html": "La solicitud no se puede atender",
    "console/unavailable.html": "El servicio está ocupado",
}
_INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)")


@pytest.mark.parametrize(("template", "words"), PAGES.items())
def test_error_page_speaks_spanish_and_needs_nothing_inline(template: str, words: str) -> None:
    with translation.override("es"):
        html = render_to_string(template)
    assert html.count(words) == 2
    assert _INLINE.search(html) is None


@pytest.mark.parametrize("template", ["403.html", "404.html"])
def test_refusal_leads_back_to_the_first_page(template: str) -> None:
    with translation.override("es"):
        html = render_to_string(template)
    assert '<a href="/admin/">Volver al inicio</a>' in html
    assert "pídalo al administrador" not in html


def test_form_sent_without_its_token_gets_our_page() -> None:
    answer = Browser(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "x"})
    assert answer.status_code == 403
    assert PAGES["403_csrf.html"] in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_unknown_address_gets_our_page() -> None:
    answer = Client().get("/nowhere")
    assert answer.status_code == 404
    assert PAGES["404.html"] in answer.content.decode()
