"""What the API gives of exports."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from analytics.domain.exports import STATES


class ExportOutput(serializers.Serializer[Any]):
    """An export of the whole school. `failed` says why in `error_code`; `erased` held what had to be erased since."""

    example: ClassVar = {
        "export_id": "20261130-081500-9c0f5a3e",
        "state": "ready",
        "ordered_by": "3f0c5c1e-8f1d-4c0e-9b57-2f6a1d0e4b7c",
        "ordered_at": "2026-11-30T08:15:00Z",
        "updated_at": "2026-11-30T08:19:12Z",
        "done": 120,
        "total": 120,
        "finished_at": "2026-11-30T08:19:12Z",
        "kept_until": "2026-12-07T08:19:12Z",
        "size_bytes": 4194304,
        "sha256": "0f4d3b8f1d9c7f2a6b5e4c3d2a1f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
        "error_code": "",
    }
    export_id = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    ordered_by = serializers.CharField(help_text="The account that ordered it.")
    ordered_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    done = serializers.IntegerField(help_text="So many steps are made,")
    total = serializers.IntegerField(help_text="of so many; 0 before it was begun.")
    finished_at = serializers.DateTimeField(allow_null=True)
    kept_until = serializers.DateTimeField(allow_null=True, help_text="Until when it can be downloaded.")
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the zip, in hexadecimal; empty before it is ready.")
    error_code = serializers.CharField(help_text="Why it failed; empty otherwise.")


class ExportLinkOutput(serializers.Serializer[Any]):
    """An address that anybody who has it can take the zip from, until `expires_at`."""

    example: ClassVar = {
        "url": "https://libreta-lake.s3.amazonaws.com/exports/...?X-Amz-Signature=...",
        "expires_at": "2026-11-30T08:30:00Z",
        "file_name": "colegio-san-martin-01-20261130-081500-9c0f5a3e.zip",
        "size_bytes": 4194304,
        "sha256": "0f4d3b8f1d9c7f2a6b5e4c3d2a1f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
    }
    url = serializers.CharField()
    expires_at = serializers.DateTimeField()
    file_name = serializers.CharField()
    size_bytes = serializers.IntegerField(source="export.size_bytes")
    sha256 = serializers.CharField(source="export.sha256")
