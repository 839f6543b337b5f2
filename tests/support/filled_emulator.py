"""The emulator with a thread that writes events into a table: faster than HTTP with signatures would.

    python -m tests.support.filled_emulator COUNT TABLE <the emulator's own arguments>

The writes are the engine's own BatchWriteItem, with stream records, pipe and delivery; only HTTP, signature and IAM are
left out. Its log says ``filled`` when all are written.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx

from deploy.emulator import options, server
from deploy.emulator.__main__ import leave
from deploy.emulator.extension import background, patching
from deploy.emulator.internal_endpoints import HEALTH_PATH
from deploy.emulator.options import ACCOUNT_ID, REGION, EmulatorOptions
from deploy.emulator.process import EmulatorProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHOOLS = 10
_BATCH = 25


class FilledEmulator(EmulatorProcess):
    """An emulator that writes ``count`` events of about 350 bytes into ``table`` once it serves."""

    def __init__(self, chosen: EmulatorOptions, count: int, table: str) -> None:
        super().__init__(chosen)
        self.count, self.table = count, table

    @property
    def filled_after_s(self) -> float | None:
        """How long the writes took, once they are done."""
        lines = [line for line in self.log_path.read_text("utf-8").splitlines() if line.startswith("filled ")]
        return float(lines[-1].split()[1]) if lines else None

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "tests.support.filled_emulator", str(self.count), self.table, *arguments]


def event(number: int) -> dict[str, Any]:
    """An item the stack's pipe sends to the lake."""
    school, sort = f"fill-{number % SCHOOLS}", f"event-{number:07}"
    return {
        "pk": {"S": f"SCHOOL#{school}#{number % 1000}"},
        "sk": {"S": sort},
        "gsi1pk": {"S": f"SCHOOL#{school}#X"},
        "gsi1sk": {"S": sort},
        "entity": {"S": "behavior"},
        "note": {"S": "late again, without an excuse. " * 4},
        "score": {"N": str(number % 100)},
        "occurred_s": {"N": str(1_735_700_000 + number % 86_400)},
        "school_id": {"S": school},
    }


def _fill(count: int, table: str, chosen: EmulatorOptions) -> None:
    _wait_for_health(chosen)
    started, dynamodb = time.monotonic(), patching.service("dynamodb")
    with background.scope(ACCOUNT_ID, REGION):
        for first in range(0, count, _BATCH):
            puts = [{"PutRequest": {"Item": event(n)}} for n in range(first, min(first + _BATCH, count))]
            status, _headers, body = dynamodb._batch_write_item({"RequestItems": {table: puts}})
            assert status == 200, body
    sys.stdout.write(f"filled {time.monotonic() - started:.1f} s\n")
    sys.stdout.flush()


def _wait_for_health(chosen: EmulatorOptions) -> None:
    while True:
        try:
            httpx.get(chosen.endpoint_url + HEALTH_PATH, timeout=5, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return


def main() -> None:
    """Serve and fill."""
    chosen = options.parse(sys.argv[3:])
    threading.Thread(target=_fill, args=(int(sys.argv[1]), sys.argv[2], chosen), daemon=True).start()
    server.run(chosen)
    leave(0)


if __name__ == "__main__":
    main()
