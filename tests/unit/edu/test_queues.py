"""A queue is declared once: what everybody reads of it hangs together, and every task has its queue."""

from __future__ import annotations

import importlib
import runpy
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands

from edu.aws.clients import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from edu.celery import app
from edu.queues import (
    ANALYTICS,
    BEHAVIOR,
    CELERYS_QUEUES,
    MAINTENANCE,
    QUEUES,
    TASK_TIME_S,
    QueueDeclaration,
    time_of,
)


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return runpy.run_module("edu.celeryconfig")


def test_names_in_settings_environment_and_template_follow_from_the_queues() -> None:
    queue = QueueDeclaration(name="lake-files", task_modules=("analytics.tasks",), age_alarm_s=60)
    assert (queue.setting, queue.variable) == ("LAKE_FILES_QUEUE_URL", "LIBRETA_LAKE_FILES_QUEUE_URL")
    assert (queue.resource, queue.output) == ("LakeFilesQueue", "LakeFilesQueueUrl")
    assert (queue.dead_letters_resource, queue.dead_letters_output) == ("LakeFilesDlq", "LakeFilesDlqUrl")
    assert queue.task_patterns == ("analytics.*",)


def test_settings_have_the_url_of_every_queue() -> None:
    assert all(hasattr(settings, queue.setting) for queue in QUEUES)
    assert BEHAVIOR.setting == "BEHAVIOR_QUEUE_URL"


def test_no_two_queues_share_a_name_or_a_task() -> None:
    for values in (
        [queue.name for queue in QUEUES],
        [pattern for queue in QUEUES for pattern in queue.task_patterns],
    ):
        assert len(values) == len(set(values))


def test_every_task_of_the_product_is_routed_to_its_declared_queue() -> None:
    app.loader.import_default_modules()
    queue_of = {pattern.removesuffix("*"): queue.name for queue in QUEUES for pattern in queue.task_patterns}
    ours = [name for name, task in app.tasks.items() if not task.__module__.startswith(("celery.", "tests."))]
    assert {name.partition(".")[0] + "." for name in ours} == set(queue_of)
    for name in ours:
        routed = app.amqp.router.route({}, name)["queue"]
        assert routed.name == queue_of[name.partition(".")[0] + "."]


def test_every_declared_module_exists_and_celery_imports_it(config: dict[str, Any]) -> None:
    declared = [module for queue in QUEUES for module in queue.task_modules]
    assert list(config["imports"]) == declared
    for module in declared:
        importlib.import_module(module)


def test_celery_knows_the_declared_queues_and_no_others(config: dict[str, Any]) -> None:
    names = [queue.name for queue in CELERYS_QUEUES]
    assert [queue.name for queue in config["task_queues"]] == names
    assert list(config["broker_transport_options"]["predefined_queues"]) == names
    assert config["task_default_queue"] in names


def test_task_ends_before_its_message_is_visible_again(config: dict[str, Any]) -> None:
    """No call begins after ``TASK_TIME_S``; the longest is the message for the next step, tried three times."""
    client = config["broker_transport_options"]["client-config"]
    attempts, longest_wait_s = client["retries"]["total_max_attempts"], 3
    assert (client["connect_timeout"], client["read_timeout"]) == (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    assert config["task_publish_retry"] is False
    longest_call_s = attempts * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S) + longest_wait_s
    assert all(TASK_TIME_S + longest_call_s < queue.visibility_timeout_s for queue in QUEUES)
    assert all(queue.task_time_s + longest_call_s < queue.visibility_timeout_s for queue in QUEUES)


def test_task_has_the_time_of_its_queue() -> None:
    assert {time_of(f"{name}.anything") for name in ("govsync", "evaluations", "behavior", "edu", "nobodys")} == {80}
    assert time_of("analytics.export_school") == ANALYTICS.process_time_s == 1200


def test_long_tasks_have_one_process_that_is_killed_in_time() -> None:
    limit = ("--pool", "prefork", "--concurrency", "1", "--time-limit", "1200")
    assert ANALYTICS.pool_options == limit
    assert MAINTENANCE.pool_options == ("--pool", "threads", "--concurrency", "1")


def test_no_limit_is_set_that_threads_do_not_keep(config: dict[str, Any]) -> None:
    assert not {"task_time_limit", "task_soft_time_limit"} & config.keys()


def test_every_queue_has_a_worker_of_its_own_with_threads() -> None:
    workers = [queue.worker for queue in QUEUES]
    assert workers == ["behavior-worker", "govsync-worker", "maintenance-worker", "analytics-worker"]
    assert all(queue.threads >= 1 for queue in QUEUES)


def test_queue_is_consumed_by_celerys_tasks_or_by_a_command_of_ours() -> None:
    assert all(bool(queue.task_modules) is not bool(queue.command) for queue in QUEUES)
    for queue in QUEUES:
        assert not queue.command or get_commands()[queue.command]
