"""ministack is configured by environment variables, read when its modules are imported."""

import os
from collections.abc import MutableMapping

from deploy.emulator.options import ACCOUNT_ID, HOST, REGION, EmulatorOptions
from deploy.emulator.root import RootCredentials

_FOREIGN_PREFIXES = ("AWS_", "MINISTACK_", "LOCALSTACK_", "IOT_", "SFTP_", "DOCKER_", "LAMBDA_")
_FOREIGN_NAMES = ("SERVICES", "USE_SSL", "EDGE_PORT", "PERSIST_STATE", "S3_PERSIST")


def ministack_environment(options: EmulatorOptions, root: RootCredentials) -> dict[str, str]:
    """What ministack must find: IAM on, loopback only, no helper listener, state under the state directory."""
    state = options.state_dir
    persist = "1" if options.persist else "0"
    return {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_HOST": HOST,
        "DOCKER_HOST": f"unix://{state / 'no-docker.sock'}",
        "GATEWAY_PORT": str(options.port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": persist,
        "S3_DATA_DIR": str(state / "s3"),
        "S3_PERSIST": persist,
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(state / "services"),
    }


def apply_environment(
    options: EmulatorOptions, root: RootCredentials, environment: MutableMapping[str, str] = os.environ
) -> None:
    """Replace whatever the caller's shell says about AWS or ministack. Call before ministack is imported."""
    for name in list(environment):
        if name.startswith(_FOREIGN_PREFIXES) or name in _FOREIGN_NAMES:
            del environment[name]
    environment.update(ministack_environment(options, root))
