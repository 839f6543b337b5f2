"""``python -m deploy.government --port 8002 --state FILE``: stays up until SIGINT or SIGTERM; ``--help`` tells more."""

from __future__ import annotations

import argparse
import signal
import ssl
import sys
from pathlib import Path

from deploy.government.doors import HOST
from deploy.government.limit import WINDOW_S
from deploy.government.server import Simulator
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
    parser.add_argument("--control-port", type=int, help="the switches' own port, never shut and without TLS")
    parser.add_argument("--tls-cert", type=Path, help="PEM file; with it and --tls-key the port speaks TLS")
    parser.add_argument("--tls-key", type=Path, help="PEM file of the certificate's key")
    options = parser.parse_args(arguments)
    options.state.parent.mkdir(parents=True, exist_ok=True)
    try:
        simulator = Simulator(
            options.port,
            Store(options.state),
            api_key=options.api_key,
            window_s=options.window,
            control_port=options.control_port,
            tls=_tls(options.tls_cert, options.tls_key),
        )
    except OSError as error:
        sys.stderr.write(f"government simulator: port {options.port}: {error.strerror}\n")
        return 1
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: simulator.stop())
    scheme = "https" if options.tls_cert else "http"
    sys.stdout.write(f"government simulator on {scheme}://{HOST}:{options.port}\n")
    sys.stdout.flush()
    simulator.run()
    return 0


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


if __name__ == "__main__":
    sys.exit(main())
