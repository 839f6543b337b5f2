"""What ministack lacks and Libreta's template needs, installed into its modules at start."""

from deploy.emulator.extension import patching
from deploy.emulator.options import EmulatorOptions


def install(options: EmulatorOptions) -> None:
    """Replace ministack's functions by ours. Call once, before ministack serves and before it is imported elsewhere.

    Raises MinistackChangedError when the installed ministack is not the one the replacements fit.
    """
    patching.require_version()
    from deploy.emulator.extension import time_to_live  # noqa: PLC0415 - once the version is checked

    time_to_live.import_dynamodb()
    from deploy.emulator.extension import (  # noqa: PLC0415 - they import ministack's services
        api_gateway,
        bucket_settings,
        challenge_sessions,
        delivery,
        dynamodb_actions,
        expressions,
        leading_keys,
        mapping_conditions,
        parquet,
        persistence,
        pipes,
        policy_variables,
        query_access,
        query_engine,
        queue_actions,
        queue_messages,
        root_account,
        sessions,
        stream_records,
        table_settings,
        user_attributes,
    )

    root_account.install()
    policy_variables.install()
    dynamodb_actions.install()
    expressions.install()
    queue_actions.install()
    queue_messages.install()
    if options.leading_keys:
        leading_keys.install()
    sessions.install()
    query_access.install()
    if options.query_bounds:
        query_engine.install()
    if options.challenge_sessions:
        challenge_sessions.install()
    user_attributes.install()
    mapping_conditions.install()
    for module in (table_settings, bucket_settings, api_gateway, stream_records, pipes, parquet, persistence):
        module.install()
    time_to_live.install(options.ttl_interval_s)
    delivery.install(options.delivery_interval_s)
