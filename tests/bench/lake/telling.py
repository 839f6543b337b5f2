"""Lines of a measurement that somebody watches."""

import sys


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
