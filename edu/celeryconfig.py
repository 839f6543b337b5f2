"""How Celery runs on SQS.

Tried with kills (ADR 0005): late acknowledgement, nothing acknowledged on failure, no ``self.retry``. SQS counts the
deliveries itself and moves a message to the dead-letter queue after the third. Which queues there are, and whose tasks
each takes, stands in ``edu.queues``. There is no time limit here: under threads Celery's do nothing, ``edu.deadlines``
bounds a task. The worker of long jobs, which has a process for them, is given its limit when it is started
(``QueueDeclaration.pool_options``). How long a message is hidden is each queue's own attribute: kombu's setting is for
queues that it makes itself, and none of ours is (celery/celery#7234).

kombu takes the host from the broker URL only and ignores an endpoint option, so the URL is made from the same checked
setting as every other client's endpoint; with the wrong form it would call the real AWS.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from celery.schedules import crontab
from django.conf import settings
from kombu import Queue

from edu import queues
from edu.aws.clients import CONNECT_TIMEOUT_S, READ_TIMEOUT_S

_endpoint = urlsplit(settings.AWS_ENDPOINT_URL or "")
broker_url = f"sqs://{_endpoint.netloc}" if _endpoint.netloc else "sqs://"
broker_transport = "edu.broker:Transport"  # reads every envelope before kombu does
broker_transport_options = {
    "region": settings.AWS_REGION,
    "is_secure": _endpoint.scheme != "http",
    "client-config": {
        "ignore_configured_endpoint_urls": True,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "retries": {"mode": "standard", "total_max_attempts": 3},
    },
    "predefined_queues": {queue.name: {"url": getattr(settings, queue.setting)} for queue in queues.CELERYS_QUEUES},
    "visibility_timeout": queues.SHORTEST_VISIBILITY_S,
    "wait_time_seconds": settings.SQS_WAIT_TIME_S,
    # kombu waits so long after a poll that brought nothing or while all threads are busy; its one second would cap a
    # worker at one message a second and thread, and zero would spin
    "polling_interval": 0.05,
}
broker_connection_retry_on_startup = True

imports = tuple(module for queue in queues.CELERYS_QUEUES for module in queue.task_modules)
task_routes = {pattern: {"queue": queue.name} for queue in queues.CELERYS_QUEUES for pattern in queue.task_patterns}
task_default_queue = queues.GOVSYNC.name  # of tasks that no route names; ours are all named
task_create_missing_queues = False
task_queues = tuple(Queue(queue.name) for queue in queues.CELERYS_QUEUES)
task_publish_retry = False  # the client above tries three times; kombu's own three more would outlast a task's time
task_serializer = "json"
accept_content = ["json"]
task_ignore_result = True
task_acks_late = True
task_acks_on_failure = False
task_acks_on_timeout = False
task_reject_on_worker_lost = False
worker_enable_remote_control = False
worker_send_task_events = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False

timezone = "UTC"
beat_schedule = {
    # every hour, because terms end at midnight of the schools' own clocks
    "govsync-ended-terms": {"task": "govsync.start_ended_terms", "schedule": crontab(minute="2")},
    "govsync-follow-ups": {"task": "govsync.order_follow_ups", "schedule": crontab(minute="*/15")},
    "govsync-deadlines": {"task": "govsync.watch_deadlines", "schedule": crontab(minute="*/5")},
    # every hour, because schools have their nights at different hours (evaluations.domain.nights)
    "evaluations-nightly": {"task": "evaluations.consolidate_all", "schedule": crontab(minute="7")},
    "lake-nightly": {"task": "analytics.compact_all", "schedule": crontab(minute="37")},
    # once the day before can be judged (analytics.services.auditing.JUDGED_AFTER)
    "lake-audit": {"task": "analytics.audit_all", "schedule": crontab(hour="2", minute="47")},
    "roster-imports": {"task": "evaluations.sweep_imports", "schedule": crontab(minute="*/5")},
    "events-ledger": {"task": "behavior.check_ledger", "schedule": crontab(minute="*/15")},
    "erasures": {"task": "edu.advance_erasures", "schedule": crontab(minute="*/5")},
    "lake-retention": {"task": "analytics.purge_all", "schedule": crontab(hour="6", minute="12")},  # night in America
    "isolation-canary": {"task": "edu.try_isolation", "schedule": settings.CANARY_EVERY_S},
}
