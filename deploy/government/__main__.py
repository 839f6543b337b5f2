"""``python -m deploy.government --port 8002 --state FILE``: stays up until SIGINT or SIGTERM; ``--help`` tells more."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from deploy.government.limit import WINDOW_S
from deploy.government.server import HOST, Simulator
from deploy.government.store import Store


def main(arguments: list[str] | None = None) -> int:
    """Serve. Exit code 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m deploy.government", description="Run the government simulator.")
    parser.add_argument("--port", type=int, default=8002, help="port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file; what it holds survives a restart")
    parser.add_argument("--api-key", default="", help="the key callers must show (default: any)")
    parser.add_argument(
        "--window",
        type=float,
        default=WINDOW_S,
        metavar="SECONDS",
        help="in any so many seconds two requests pass (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    options.state.parent.mkdir(parents=True, exist_ok=True)
    try:
        simulator = Simulator(options.port, Store(options.state), api_key=options.api_key, window_s=options.window)
    except OSError as error:
        sys.stderr.write(f"government simulator: port {options.port}: {error.strerror}\n")
        return 1
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for the serving loop, which the handler interrupts: so it runs beside it
        signal.signal(signal_number, lambda *_: threading.Thread(target=simulator.stop).start())
    sys.stdout.write(f"government simulator on http://{HOST}:{options.port}\n")
    sys.stdout.flush()
    simulator.serve_forever()
    simulator.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
