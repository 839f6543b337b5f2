#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from edu.commands import fail
from edu.errors import LibretaError


def main() -> None:
    """Run a command; what Libreta raises on purpose ends as one line and exit code 2, not as a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
    try:
        execute_from_command_line(sys.argv)
    except LibretaError as error:
        fail(error)


if __name__ == "__main__":
    main()
