"""The environment of every test run, set before Django reads its settings (by the outermost conftest).

Everything is on the loopback, on ports of this run's own; nothing of the developer's local system is touched or read.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import sys
import tempfile

from tests.support.ports import free_port

if "edu.settings" in sys.modules:
    raise RuntimeError("the settings were read before the tests' environment was set: unset DJANGO_SETTINGS_MODULE")

STATE_DIR = tempfile.mkdtemp(prefix="libreta-test-")
atexit.register(shutil.rmtree, STATE_DIR, ignore_errors=True)
EMULATOR_PORT = free_port()

for name in [name for name in os.environ if name.startswith(("AWS_", "LIBRETA_"))]:
    if name != "LIBRETA_TESTS":  # how deep they look (tests.support.depth)
        del os.environ[name]
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "edu.settings",
    "LIBRETA_ENV": "test",
    "LIBRETA_CLOUD": "local",
    "LIBRETA_STATE_DIR": STATE_DIR,
    "LIBRETA_SECRET_KEY": secrets.token_hex(32),
    "LIBRETA_PSEUDONYM_KEY": secrets.token_hex(32),
    "LIBRETA_API_READS": "100000/minute",
    "LIBRETA_API_WRITES": "100000/minute",
    "LIBRETA_REFUSED_KIB_A_MINUTE": "1000000",
    "LIBRETA_GOV_API_URL": "http://127.0.0.1:9",
    "LIBRETA_GOV_API_KEY": secrets.token_urlsafe(24),
    "LIBRETA_LOG_LEVEL": "WARNING",
    "LIBRETA_SQS_WAIT_TIME_S": "1",
    "LIBRETA_EVENT_BATCH_S": "0",
    "LIBRETA_EVENT_RETRY_S": "0",
    "LIBRETA_EVENT_REPORT_S": "600",
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{EMULATOR_PORT}",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.path.join(STATE_DIR, "aws-credentials"),  # noqa: PTH118 - an environment value
    "AWS_CONFIG_FILE": os.devnull,
}
