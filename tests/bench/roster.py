"""``make bench-import``: 5,000 students with their enrolments, by the command, beside raw writes of the same items.

``raw`` is boto3's ``BatchWriteItem``, 25 items a call, one thread, with the school's credentials: nothing is read,
checked or told apart, and nothing could be undone. It goes before and after. The import is what an operator does:
``manage.py import_roster preview``, and ``commit`` with its digest; then the same files again, which changes nothing,
and the undoing of all of it. Everything goes to one emulator on this machine.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.emulator.process import EmulatorProcess
from deploy.local.layout import Layout, Ports, read_environment
from tests.bench.load import wait_until_idle
from tests.bench.writers import writer_of
from tests.support.bare_system import BareSystem
from tests.support.ports import free_port
from tests.support.processes import SOURCE_ROOT
from tests.support.results import tell
from tests.support.roster_sets import RosterSet, zip_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.run import LocalSystem

STUDENTS, GROUP, COURSES = 5000, 40, 8
BAR_S = 120.0
SCHOOL = "escuela-banco"
_IN_A_CALL = 25
_LATER_S = 3600.0
_LONGEST_S = 600.0
_ENTITIES = ("course", "teacher", "section", "student", "enrolment")
_RECORD = {
    "school_id": SCHOOL,
    "name": "Escuela del banco",
    "country": "CL",
    "time_zone": "America/Santiago",
    "locale": "es-CL",
    "scale": "1-7",
    "terms": [{"term_id": "2026-1", "name": "1", "starts_on": "2026-03-02", "ends_on": "2026-12-18", "closed": False}],
}


class Bench:
    """The system, the files, and the ways of writing them."""

    def __init__(self, system: LocalSystem, folder: Path) -> None:
        self._system, self._folder = system, folder
        self._stack = read_environment(system.layout.state_dir / "stack.env")
        self._table = self._stack["LIBRETA_TABLE_NAME"]
        (folder / "school.json").write_text(json.dumps(_RECORD))
        self._manage("import_school", str(folder / "school.json"), "--by", "bench")
        self._raw = writer_of(self._system, self._stack, SCHOOL)

    def run_import(self) -> dict[str, Any]:
        """Preview and commit the whole school, the same again, and undo it."""
        self._quiet()
        began = time.perf_counter()
        digest = self._preview()
        previewed = time.perf_counter()
        said = self._commit(digest)
        committed = time.perf_counter()
        import_id = said.split()[0]
        items = self.items()
        again = time.perf_counter()
        self._preview()
        figures = {
            "items": len(items),
            "preview_s": round(previewed - began, 1),
            "commit_s": round(committed - previewed, 1),
            "import_s": round(committed - began, 1),
            "same_again_s": round(time.perf_counter() - again, 1),
        }
        undoing = time.perf_counter()
        place = ("--school", SCHOOL, "--import", import_id, "--by", "bench", "--reason", "bench")
        self._manage("import_roster", "undo", *place)
        return figures | {"undo_s": round(time.perf_counter() - undoing, 1), "left": len(self.items())}

    def items(self) -> list[dict[str, Any]]:
        """The roster's items, looked for as root."""
        pages = self._system.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=self._table)
        return [item for page in pages for item in page["Items"] if item["entity"]["S"] in _ENTITIES]

    def write_raw(self, items: list[dict[str, Any]]) -> float:
        """Write items like the import's under other keys; in how many seconds."""
        run = uuid.uuid4().hex[:6]
        fresh = [item | {"sk": {"S": f"{item['sk']['S']}-{run}"}} for item in items]
        self._quiet()
        began = time.perf_counter()
        for start in range(0, len(fresh), _IN_A_CALL):
            requests: Any = {
                self._table: [{"PutRequest": {"Item": item}} for item in fresh[start : start + _IN_A_CALL]]
            }
            answer = self._raw.batch_write_item(RequestItems=requests)
            assert not answer.get("UnprocessedItems")
        return time.perf_counter() - began

    def _preview(self) -> str:
        said = self._manage("import_roster", "preview", str(self._folder / "set.zip"), "--school", SCHOOL)
        return next(line.split()[1] for line in said.splitlines() if line.startswith("digest "))

    def _commit(self, digest: str) -> str:
        more = ("--school", SCHOOL, "--digest", digest, "--by", "bench")
        return self._manage("import_roster", "commit", str(self._folder / "set.zip"), *more)

    def _manage(self, *arguments: str) -> str:
        environment = {**self._system.environment, **self._stack, "AWS_PROFILE": "operator"}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=SOURCE_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[:2]} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def _quiet(self) -> None:
        pid = self._system.emulator.pid
        assert pid is not None
        wait_until_idle(pid)


def whole_school() -> RosterSet:
    """A set of 5,000 students in groups of 40, each in the classes of eight courses."""
    made = RosterSet(students=0)
    for course in range(COURSES):
        made.add("courses.csv", sourcedId=f"crs-{course}", title=f"Curso {course}", grades="05")
    for group in range(STUDENTS // GROUP):
        names = [f"cls-{group:03d}-{course}" for course in range(COURSES)]
        for course, name in enumerate(names):
            made.add_class(name, f"Grupo {group} Curso {course}", course=f"crs-{course}", teacher="tea-1")
        for number in range(GROUP):
            made.add_student(f"stu-{group:03d}-{number:02d}", f"Alumna {number}", f"Grupo {group}", classes=names)
    return made


def measure(bench: Bench) -> dict[str, Any]:
    """The import, with raw writes of as many items before and after."""
    made = list(_samples())
    raws = [bench.write_raw(made)]
    figures = bench.run_import()
    raws.append(bench.write_raw(made))
    a_second = figures["items"] / figures["import_s"]
    raw_a_second = statistics.mean(len(made) / seconds for seconds in raws)
    return figures | {
        "items_a_second": round(a_second),
        "raw_s": [round(seconds, 1) for seconds in raws],
        "raw_items_a_second": round(raw_a_second),
        "of_raw": round(a_second / raw_a_second, 2),
    }


def _samples() -> Iterator[dict[str, Any]]:
    """As many items as the import writes of enrolments, in the same shape."""
    for group in range(STUDENTS // GROUP):
        for course in range(COURSES):
            section_id = f"cls-{group:03d}-{course}"
            for number in range(GROUP):
                student_id = f"stu-{group:03d}-{number:02d}"
                plain = {
                    "pk": f"SCHOOL#{SCHOOL}#RAW#{section_id}",
                    "sk": student_id,
                    "entity": "raw",
                    "section_id": section_id,
                    "student_id": student_id,
                    "starts_on": "2026-03-02",
                    "import_id": "20260302-120000-00000000",
                    "gsi1pk": f"SCHOOL#{SCHOOL}#RAWS#{student_id}",
                    "gsi1sk": section_id,
                }
                yield {name: {"S": value} for name, value in plain.items()}


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as state_dir:
        system = BareSystem(Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port())))
        options = replace(system.emulator.options, persist=False, delivery_interval_s=_LATER_S, ttl_interval_s=_LATER_S)
        system.emulator = EmulatorProcess(options)
        system.services = []
        (Path(state_dir) / "set.zip").write_bytes(zip_of(whole_school().files()))
        try:
            system.start()
            figures = measure(Bench(system, Path(state_dir)))
        finally:
            system.stop()
    met = {
        f"imported within {BAR_S:g} s": figures["import_s"] <= BAR_S,
        "undone to the last item": figures["left"] == 0,
    }
    return tell(figures | {"met": met})


if __name__ == "__main__":
    sys.exit(main())
