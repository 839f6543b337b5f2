"""The product's Celery application with a task more on the queue of long jobs, that takes for ever the first time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from edu.aws.scoped_clients import scoped_client
from edu.celery import app
from edu.tasks import SchoolTask

NOTES = "LIBRETA_TEST_NOTES"


@app.task(base=SchoolTask, name="analytics.wait_for_ever_once")
def wait_for_ever_once(*, school_id: str) -> None:
    """Note the process's id; then wait for ever, unless somebody has before."""
    notes = Path(os.environ[NOTES])
    is_first = not notes.exists()
    table = os.environ["LIBRETA_TABLE_NAME"]
    scoped_client("dynamodb").get_item(
        TableName=table, Key={"pk": {"S": f"SCHOOL#{school_id}"}, "sk": {"S": "NOTHING"}}
    )
    with notes.open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {os.getppid()}\n")
    if is_first:
        threading.Event().wait()
