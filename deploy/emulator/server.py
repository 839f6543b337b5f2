"""Run the emulator in this process until SIGTERM or SIGINT."""

import logging
import signal

import uvicorn

from deploy.emulator.environment import apply_environment
from deploy.emulator.internal_endpoints import without_internal_endpoints
from deploy.emulator.options import HOST, EmulatorOptions
from deploy.emulator.origins import own_origin_only
from deploy.emulator.parent import end_with_parent
from deploy.emulator.pauses import LOOK_EVERY_S, PauseFree, keep_from_pausing
from deploy.emulator.root import resolve_root
from deploy.emulator.single_instance import exclusive_state_dir, require_free_port

KEEP_ALIVE_S = 75
GRACE_S = 1


def run(options: EmulatorOptions) -> None:
    """Serve on 127.0.0.1 and, when asked to persist, save the state at the end.

    Raises EmulatorError (port or state directory busy, ministack changed, state damaged) before anything is served, and
    at the end when the state could not be saved.
    """
    if options.parent_pid:
        end_with_parent(options.parent_pid)
    require_free_port(options.port)
    with exclusive_state_dir(options.state_dir):
        apply_environment(options, resolve_root(options.state_dir))
        _serve(options)


def _serve(options: EmulatorOptions) -> None:
    """Import ministack late: it reads the environment while it is imported."""
    from deploy.emulator.extension import install  # noqa: PLC0415

    install(options)
    from ministack.app import app  # noqa: PLC0415

    from deploy.emulator.extension import background, persistence  # noqa: PLC0415

    if options.persist:
        persistence.restore()

    logging.getLogger().setLevel(logging.WARNING)  # also where Django configured the root logger
    served = without_internal_endpoints(app)
    if options.challenge_sessions:
        served = own_origin_only(served, options.port)
    pause_free = PauseFree(served)
    keep_from_pausing()
    background.every(LOOK_EVERY_S, pause_free.collect, "quiet collections")
    config = uvicorn.Config(
        pause_free,
        host=HOST,
        port=options.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,  # the application says its own, and when
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    server.run()  # raises the signal that ended it once more, when its own handlers are gone
    persistence.require_saved()
