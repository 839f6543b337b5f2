"""A worker that takes a step and never ends it: ``python -m … <school> <job> <unit>``. Its test kills it."""

from __future__ import annotations

import sys
import time

import django

UNITS = ("a", "b", "c")


def main(school_id: str, job_id: str, stuck_at: str) -> None:
    """Work through the units up to the one that does not end."""
    django.setup()
    from edu.jobs.domain import JobKind  # noqa: PLC0415 - needs settings
    from edu.jobs.steps import Units, take_step  # noqa: PLC0415
    from edu.tenancy import enter_school  # noqa: PLC0415

    def work(unit: str) -> dict[str, int]:
        if unit == stuck_at:
            sys.stdout.write(f"stuck at {unit}\n")
            sys.stdout.flush()
            time.sleep(600)
        return {"done": 1}

    with enter_school(school_id):
        take_step(JobKind("test"), job_id, lambda _job: Units(UNITS, work), limit=9)


if __name__ == "__main__":
    main(*sys.argv[1:])
