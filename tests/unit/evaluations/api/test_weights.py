"""Weights are relative: nothing that shows one may be read as a percentage."""

from __future__ import annotations

from django.utils import translation

from edu.http.docs import contract
from evaluations.models import Evaluation


def test_console_calls_a_weight_relative() -> None:
    name = Evaluation._meta.get_field("weight").verbose_name
    with translation.override("es"):
        assert str(name) == "peso (relativo)"
    with translation.override("en"):
        assert "%" not in str(name)


def test_contract_says_of_every_weight_that_it_is_no_percentage() -> None:
    schemas = contract()["components"]["schemas"]
    weights = {
        (name, field): schema.get("description", "")
        for name, found in schemas.items()
        for field, schema in found.get("properties", {}).items()
        if field.startswith("weight")
    }
    assert {("Grade", "weight_total"), ("SectionGrades", "weight_total"), ("Grade", "weight_counted")} <= weights.keys()
    assert all("relative" in text or "no percentage" in text for text in weights.values()), weights
