"""The files that a report card is given as: each is said once, and offered everywhere."""

from __future__ import annotations

import mimetypes
from typing import Any

import pytest
import yaml
from django.conf import settings

from evaluations.api import card_csv, card_pdf
from evaluations.api.card_formats import CARD_FORMATS, CardFormat
from evaluations.api.reports import StudentReportCard
from tests.unit.evaluations.api.cards import card, course, grade

CARD = card(course("Matemática", grade("6.5")))
each_format = pytest.mark.parametrize("offered", CARD_FORMATS, ids=lambda offered: offered.format)


def test_view_offers_json_first_and_then_every_format() -> None:
    assert [renderer.format for renderer in StudentReportCard.renderer_classes] == ["json", "csv", "pdf"]
    assert StudentReportCard.renderer_classes[1:] == CARD_FORMATS


def test_contract_has_every_format_and_no_other() -> None:
    contract: Any = yaml.safe_load((settings.BASE_DIR / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    operation = contract["paths"]["/api/v1/students/{student_id}/report-card"]["get"]
    (asked,) = (one["schema"]["enum"] for one in operation["parameters"] if one.get("name") == "format")
    assert sorted(asked) == sorted(["json", *(offered.format for offered in CARD_FORMATS)])
    assert list(operation["responses"]["200"]["content"]) == [
        "application/json",
        *(offered.media_type for offered in CARD_FORMATS),
    ]


@each_format
def test_extension_and_content_type_belong_together(offered: type[CardFormat]) -> None:
    assert mimetypes.guess_type(f"card.{offered.format}")[0] == offered.media_type
    assert offered.content_type.partition(";")[0] == offered.media_type


@each_format
def test_format_writes_a_card(offered: type[CardFormat]) -> None:
    assert offered().write(CARD)


def test_formats_write_what_their_modules_render() -> None:
    csv, pdf = (offered() for offered in CARD_FORMATS)
    assert (csv.write(CARD), pdf.write(CARD)) == (card_csv.render(CARD), card_pdf.render(CARD))
