"""What the door's messages hold."""

from __future__ import annotations

import base64
import json

from edu.envelopes import read_envelope


def events_of(text: str) -> list[tuple[str, str, str]]:
    """School, student and event id of every event of a message; a door's report has none."""
    body = read_envelope(text, queue="behavior")["body"]
    parts = json.loads(base64.b64decode(body))[1].get("parts", [])
    return [(part["school_id"], part["student_id"], event["event_id"]) for part in parts for event in part["events"]]
