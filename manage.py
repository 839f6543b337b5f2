#!/usr/bin/env python
"""Django's command line: the product's commands, and in a clone of the repository also those of ``deploy``."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from edu.commands import fail
from edu.errors import LibretaError

DEPLOY_APPS = ("deploy.emulator", "deploy.local", "deploy.stack", "deploy.translations")


def main() -> None:
    """Run a command; what Libreta raises on purpose ends as one line and exit code 2, not as a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
    _add_deploy_apps()
    try:
        execute_from_command_line(sys.argv)
    except LibretaError as error:
        fail(error)


def _add_deploy_apps() -> None:
    """Let this process load the apps of ``deploy`` too; an image that ships without that folder does without them."""
    if (Path(__file__).parent / "deploy" / "__init__.py").is_file():
        given = os.environ.get("LIBRETA_EXTRA_APPS", "")
        os.environ["LIBRETA_EXTRA_APPS"] = ",".join([*DEPLOY_APPS, *filter(None, [given])])


if __name__ == "__main__":
    main()
