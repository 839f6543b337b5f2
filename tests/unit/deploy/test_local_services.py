"""The local system's processes, as they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.local.layout import Layout, Ports
from deploy.local.services import product_services
from edu.queues import QUEUES

if TYPE_CHECKING:
    from pathlib import Path


def test_worker_consumes_every_declared_queue_with_the_threads_of_all(tmp_path: Path) -> None:
    services = product_services(Layout(tmp_path, Ports()), {"LIBRETA_GOV_API_KEY": "key"})
    assert [service.name for service in services] == ["government", "worker", "beat", "web", "events"]
    worker = services[1].command
    assert worker[worker.index("--queues") + 1] == ",".join(queue.name for queue in QUEUES)
    assert worker[worker.index("--concurrency") + 1] == str(sum(queue.threads for queue in QUEUES))
    assert worker[worker.index("--hostname") + 1] == "worker@local"
