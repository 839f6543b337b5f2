"""The local system's processes, as they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.local.layout import Layout, Ports
from deploy.local.services import product_services
from edu.queues import BEHAVIOR, CELERYS_QUEUES, QUEUES

if TYPE_CHECKING:
    from pathlib import Path


def test_every_declared_queue_has_a_worker_process_with_its_threads(tmp_path: Path) -> None:
    services = product_services(Layout(tmp_path, Ports()), {"LIBRETA_GOV_API_KEY": "key"})
    workers = [queue.worker for queue in QUEUES]
    assert [service.name for service in services] == ["government", *workers, "sync-line", "beat", "web", "events"]
    by_worker = {service.name: service for service in services}
    assert by_worker[BEHAVIOR.worker].command[-1] == BEHAVIOR.command
    for queue in CELERYS_QUEUES:
        service = by_worker[queue.worker]
        assert service.command[service.command.index("--queues") + 1] == queue.name
        pool = service.command.index("--pool")
        assert tuple(service.command[pool : pool + len(queue.pool_options)]) == queue.pool_options
        assert service.command[service.command.index("--hostname") + 1] == f"{queue.worker}@local"
