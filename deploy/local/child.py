"""``python -m deploy.local.child PARENT COMMAND ...``: become a command that ends when the process PARENT ends."""

from __future__ import annotations

import os
import sys

from deploy.emulator.parent import end_with_parent


def main() -> None:
    """Ask the system for the signal, then give this process to the command."""
    parent, *command = sys.argv[1:]
    end_with_parent(int(parent))
    os.execvp(command[0], command)  # noqa: S606 - our own commands, no shell wanted


if __name__ == "__main__":
    main()
