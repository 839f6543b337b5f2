"""``python -m deploy.emulator``: the emulator in the foreground."""

import os
import sys
from typing import NoReturn

from deploy.emulator import options, server
from deploy.emulator.errors import EmulatorError


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; returns 1 after a one-line message when it cannot start."""
    try:
        server.run(options.parse(arguments))
    except EmulatorError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 1
    return 0


def leave(code: int) -> NoReturn:
    """End at once: to take millions of objects apart one by one takes longer than to save them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
