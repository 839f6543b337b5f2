"""``make drill-noise``: a device and a school at ten times their limit, while another school goes on as ever.

The quiet school's devices send one event at a time, on time. How long the door takes to accept each, and how long until
it is in the table, is measured with nobody else there, and again with one device of another school at ten times a
device's limit and forty of a third at ten times a school's. The limits are a tenth of the product's (``Plan.scale``),
as this machine carries a tenth of what the product is for. When an event is in the table say the worker's records: the
door's answer names the message that it went in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.layout import SOURCE_ROOT, Layout, Ports
from edu.queues import BEHAVIOR
from tests.bench.event_load import Load, command
from tests.bench.load import percentiles
from tests.support.bare_system import BareSystem
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, running_issuer
from tests.support.ports import free_port
from tests.support.results import tell
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from deploy.local.run import LocalSystem

DEVICE_A_MINUTE, SCHOOL_A_MINUTE = 12_000, 300_000
TIMES, LIST = 10, 50
NOISY_DEVICES = 40
RATIO_P99 = 2.0
_QUIET_DEVICES, _QUIET_A_SECOND = 16, 40.0
_STORED_S, _PATIENCE_S = 120.0, 60.0


@dataclass(frozen=True)
class Plan:
    """How long each part takes, in seconds; the limits are one of ``scale`` parts of the product's."""

    quiet_s: float = 40.0
    noisy_s: float = 40.0
    scale: int = 10


SHORT = Plan(quiet_s=4.0, noisy_s=8.0, scale=50)


class Drill:
    """The system, the quiet school, and the noise."""

    def __init__(self, system: LocalSystem, issuer: Issuer, folder: Path) -> None:
        self._system, self._issuer, self._folder = system, issuer, folder
        self._url = system.layout.ports.url("events")
        self._worker_log = system.layout.log_path(BEHAVIOR.worker)

    def run(self, plan: Plan) -> dict[str, Any]:
        """Quiet, then with noise."""
        self._phase("warm-up", 2.0)
        quiet = self._phase("quiet", plan.quiet_s)
        noises = [self._load(*noise, seconds=plan.noisy_s, events=LIST) for noise in self._noises(plan.scale)]
        noisy = self._phase("noisy", plan.noisy_s)
        answers = [json.loads(noise.communicate(timeout=plan.noisy_s + _PATIENCE_S)[0])["statuses"] for noise in noises]
        figures: dict[str, Any] = {"device_at_ten_times": answers[0], "school_at_ten_times": answers[1]}
        for what in ("accepting", "storing"):
            for name, found in (("quiet", quiet), ("noisy", noisy)):
                shown = percentiles(found[what])
                figures |= {f"{what}_{name}_p{percent}_ms": round(shown[percent], 1) for percent in (50, 99)}
            figures[f"{what}_ratio_p99"] = round(figures[f"{what}_noisy_p99_ms"] / figures[f"{what}_quiet_p99_ms"], 2)
        return figures | {"sent": [quiet["sent"], noisy["sent"]], "refused": quiet["refused"] + noisy["refused"]}

    def _phase(self, name: str, seconds: float) -> dict[str, Any]:
        tokens = [self._token("tranquila", f"est-{name}-{number}") for number in range(_QUIET_DEVICES)]
        school = self._load(name, tokens, _QUIET_A_SECOND, seconds=seconds, events=1, names=True)
        told = json.loads(school.communicate(timeout=seconds + _PATIENCE_S)[0])
        messages: list[tuple[str, float]] = told["messages"]
        stored_at: dict[str, float] = {}

        def is_all_stored() -> bool:
            whole_lines = self._worker_log.read_bytes().split(b"\n")[:-1]  # the last may be being written
            for line in whole_lines:
                if b'"events stored"' in line:
                    record = json.loads(line)
                    at_s = datetime.fromisoformat(record["timestamp"]).timestamp()
                    stored_at.update({message: at_s for message in record["messages"] if message not in stored_at})
            return all(message in stored_at for message, _due_s in messages)

        wait_until(is_all_stored, what="the quiet school's events to be stored", timeout_s=_STORED_S)
        return {
            "accepting": told["durations"],
            "storing": [(stored_at[message] - due_s) * 1000 for message, due_s in messages],
            "sent": len(told["durations"]),
            "refused": len(told["durations"]) - len(messages),
        }

    def _noises(self, scale: int) -> list[tuple[str, list[str], float]]:
        """One device, and a school's forty: their tokens, and how many lists a second they send together."""
        device = [self._token("ruidosa", "est-1")]
        school = [self._token("enorme", f"est-{number}") for number in range(NOISY_DEVICES)]
        return [
            ("device", device, TIMES * DEVICE_A_MINUTE / scale / 60 / LIST),
            ("school", school, TIMES * SCHOOL_A_MINUTE / scale / 60 / LIST),
        ]

    def _load(self, name: str, tokens: list[str], a_second: float, **how: Any) -> subprocess.Popen[bytes]:
        path = self._folder / name
        path.write_text("\n".join(tokens), "ascii")
        load = Load(self._url, str(path), devices=len(tokens), a_second=a_second, warm_up_s=0.0, **how)
        return subprocess.Popen(command(load), cwd=SOURCE_ROOT, stdout=subprocess.PIPE)

    def _token(self, school_id: str, student_id: str) -> str:
        claims = {"custom:role": "student", "custom:school_id": school_id, "custom:person_id": student_id}
        return self._issuer.token(sub=f"{school_id}-{student_id}", **claims)


def judge(figures: dict[str, Any]) -> dict[str, bool]:
    """The issue's bars, and whether each is met."""
    noise = [figures[f"{who}_at_ten_times"] for who in ("device", "school")]
    return {
        f"p99 of accepting at most {RATIO_P99:g} x the quiet one": figures["accepting_ratio_p99"] <= RATIO_P99,
        f"p99 of storing at most {RATIO_P99:g} x the quiet one": figures["storing_ratio_p99"] <= RATIO_P99,
        "nothing of the quiet school was refused": figures["refused"] == 0,
        "device and school were held to their limits": all(answers.get("429", 0) for answers in noise),
    }


def drill(plan: Plan) -> dict[str, Any]:
    """One run from nothing; its figures, and which bars are met."""
    with tempfile.TemporaryDirectory(prefix="libreta-drill-") as state_dir, running_issuer() as issuer:
        system = BareSystem(Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port())))
        system.services = [one for one in system.services if one.name in {"events", BEHAVIOR.worker}]
        system.environment |= {
            "LIBRETA_JWKS_URL": issuer.url,
            "LIBRETA_JWT_ISSUER": ISSUER,
            "LIBRETA_USER_POOL_CLIENT_ID": CLIENT_ID,
            "LIBRETA_EVENTS_A_MINUTE_OF_DEVICE": str(DEVICE_A_MINUTE // plan.scale),
            "LIBRETA_EVENTS_A_MINUTE_OF_SCHOOL": str(SCHOOL_A_MINUTE // plan.scale),
            "LIBRETA_EVENT_BATCH_S": "5",
            "LIBRETA_LOG_LEVEL": "INFO",  # the worker's records are read
        }
        try:
            system.start()
            figures = Drill(system, issuer, Path(state_dir)).run(plan)
        finally:
            system.stop()
    return figures | {"plan": asdict(plan), "met": judge(figures)}


def main() -> int:
    """Run it; the last line is ``RESULT`` with the figures, the exit code tells whether every bar was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    return tell(drill(SHORT if parser.parse_args().short else Plan()))


if __name__ == "__main__":
    sys.exit(main())
