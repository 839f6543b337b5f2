"""``make test-dynamodb-local``: the adapter's suite against Amazon's own engine, in a network of its own.

DynamoDB Local listens on every address, so engine and tests run in a network namespace with nothing but the loopback
where the machine allows one. Without Java 17, Maven or the artifact it says so and ends with code 0: nothing else
needs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.offline import wrapped
from tests.support.ports import free_port, listens
from tests.support.waiting import wait_until

_ROOT = Path(__file__).resolve().parents[2]
_POM = Path(__file__).with_name("dynamodb-local.pom.xml")
_LIBRARIES = _ROOT / ".dynamodb-local"
_MAIN = "software.amazon.dynamodb.services.local.main.ServerRunner"
_INSIDE = "--inside"


def main(arguments: list[str]) -> int:
    """Fetch the engine if needed, then run the suite next to it."""
    if arguments[:1] == [_INSIDE]:
        return _run_suite(arguments[1:])
    missing = _missing()
    if missing:
        sys.stdout.write(f"test-dynamodb-local: not run, {missing}\n")
        return 0
    command = [sys.executable, "-m", "tests.support.dynamodb_local", _INSIDE, *arguments]
    return subprocess.run(wrapped(command), cwd=_ROOT, check=False).returncode


def _missing() -> str:
    """Why it cannot run here, empty when it can."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"this machine has no {tool}"
    if not any(_LIBRARIES.glob("DynamoDBLocal-*.jar")):
        fetch = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={_LIBRARIES}"]
        if subprocess.run(fetch, check=False).returncode:
            return "the engine's artifact could not be fetched"
    return ""


def _run_suite(arguments: list[str]) -> int:
    port = free_port()
    engine = subprocess.Popen(
        [
            *("java", f"-Djava.library.path={_LIBRARIES}", "-cp", f"{_LIBRARIES}/*", _MAIN),
            *("-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(port), what="DynamoDB Local")
        suite = ["-m", "pytest", "-m", "dynamodb_engine", f"--dynamodb-endpoint=http://127.0.0.1:{port}", *arguments]
        return subprocess.run([sys.executable, *suite], cwd=_ROOT, env=dict(os.environ), check=False).returncode
    finally:
        engine.terminate()
        engine.wait(20)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
