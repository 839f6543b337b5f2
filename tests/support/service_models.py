"""AWS's service models, read once: every boto3 session would read and parse the same large files anew."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session

if TYPE_CHECKING:
    import pytest


def read_service_models_once(patch: pytest.MonkeyPatch) -> None:
    """From now on all sessions of this process share a loader; what it has loaded nobody changes."""
    patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
