"""The message of a task, sent by who has no Celery: a web process, which orders what a worker is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from edu.aws.clients import service_client
from edu.envelopes import write_envelope
from edu.errors import UnavailableError
from edu.logs import correlation_id

if TYPE_CHECKING:
    from edu.queues import QueueDeclaration


class TaskNotSentError(UnavailableError):
    """SQS did not say that it holds the message; it may hold it all the same."""

    code = "task_not_sent"


def send_task(queue: QueueDeclaration, task: str, **keywords: str) -> None:
    """Put a task into its queue, under the caller's correlation id. Signed by the process itself.

    Raises:
        TaskNotSentError: SQS did not take it, or did not answer.
    """
    text = write_envelope(
        task=task,
        keywords=msgspec.json.encode(keywords),
        queue=queue.name,
        correlation_id=correlation_id() or uuid4().hex,
    )
    try:
        service_client("sqs").send_message(QueueUrl=getattr(settings, queue.setting), MessageBody=text)
    except (BotoCoreError, ClientError) as error:
        raise TaskNotSentError from error
