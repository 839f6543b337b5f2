from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured

from edu.console import content_types


def test_every_model_known_without_sql() -> None:
    for model in apps.get_models():
        found = ContentType.objects.get_for_model(model, for_concrete_model=False)
        assert found.model_class() is model
        assert ContentType.objects.get_for_id(found.pk) is found


def test_ids_do_not_change_from_start_to_start() -> None:
    first = ContentType.objects.get_by_natural_key("console", "auditentry").pk
    content_types.seed()
    assert ContentType.objects.get_by_natural_key("console", "auditentry").pk == first


def test_two_models_with_the_same_id_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_types, "zlib", SimpleNamespace(crc32=lambda _name: 7))
    with pytest.raises(ImproperlyConfigured):
        content_types.seed()
    monkeypatch.undo()
    content_types.seed()
