"""Turns between senders: nobody waits for another's hundred, and nobody keeps all threads."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu.http.front.line import Line, Place

ANA, LUIS = Place("account ana", is_known=True), Place("account luis", is_known=True)
NOBODY, NOBODY_ELSE = Place("address 1", is_known=False), Place("session 2", is_known=False)


class Worker:
    """A thread's side of a line, without the thread."""

    def __init__(self, line: Line[str]) -> None:
        self.line, self.own = line, SimpleQueue[Any]()
        self.place: Place | None = None

    def next(self) -> str | None:
        """The job it begins, having done the one before; ``None`` if it would wait."""
        self.own.put(None)  # what ``get`` finds if it has to wait
        found = self.line.get(self.own, self.place)
        self.place = found[0] if found else None
        return found[1] if found else None


def line_of(*jobs: tuple[Place, str], threads: int = 4, most_waiting: int = 100) -> Line[str]:
    line = Line[str](threads=threads, most_waiting=most_waiting)
    for job in jobs:
        assert line.put(*job) is None
    return line


def begun_by(line: Line[str], workers: int) -> list[str | None]:
    return [Worker(line).next() for _ in range(workers)]


def test_senders_take_turns() -> None:
    line = line_of(*((ANA, f"a{n}") for n in range(4)), (LUIS, "l0"), (LUIS, "l1"))
    worker = Worker(line)
    assert [worker.next() for _ in range(6)] == ["a0", "l0", "a1", "l1", "a2", "a3"]


def test_made_up_senders_share_the_turns_of_one_group() -> None:
    crowd = [(Place(f"session {n}", is_known=False), f"s{n}") for n in range(50)]
    line = line_of(*crowd, (ANA, "a0"), (LUIS, "l0"))
    worker = Worker(line)
    assert [worker.next() for _ in range(3)] == ["a0", "l0", "s0"]


def test_sender_keeps_half_of_the_threads_at_most() -> None:
    jobs = [(ANA, f"a{n}") for n in range(4)]
    assert begun_by(line_of(*jobs), 4) == ["a0", "a1", None, None]
    assert begun_by(line_of(*jobs, threads=1), 1) == ["a0"]


def test_unknown_senders_together_keep_half_of_the_threads_at_most() -> None:
    line = line_of((NOBODY, "n0"), (NOBODY_ELSE, "e0"), (NOBODY, "n1"), (ANA, "a0"), (LUIS, "l0"))
    assert begun_by(line, 4) == ["a0", "n0", "l0", "e0"]


def test_job_done_makes_room_for_its_senders_next() -> None:
    line = line_of(*((ANA, f"a{n}") for n in range(3)))
    one, other = Worker(line), Worker(line)
    assert [one.next(), other.next(), one.next()] == ["a0", "a1", "a2"]


def test_idle_thread_gets_a_job_at_once_and_a_busy_sender_waits() -> None:
    line = line_of()
    idle = [SimpleQueue[Any]() for _ in range(3)]
    threads = [threading.Thread(target=line.get, args=(own, None), daemon=True) for own in idle]
    for thread in threads:
        thread.start()
    while len(line._idle) < 3:
        pass
    for n in range(3):
        assert line.put(ANA, f"a{n}") is None
    for thread in threads:
        thread.join(0.2)
    assert sum(thread.is_alive() for thread in threads) == 1  # two for her, and one for whoever comes next
    line.put(LUIS, "l0")
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    ("waiting", "newcomer", "lost"),
    [
        ([(ANA, "a0"), (ANA, "a1"), (LUIS, "l0")], LUIS, "new"),  # she has not more than he would have
        ([(ANA, "a0"), (ANA, "a1"), (ANA, "a2")], LUIS, "a2"),
        ([(ANA, "a0"), (ANA, "a1"), (ANA, "a2")], NOBODY, "new"),
        ([(NOBODY, "n0"), (NOBODY, "n1"), (ANA, "a0")], NOBODY_ELSE, "n1"),
        ([(NOBODY, "n0"), (NOBODY_ELSE, "e0"), (ANA, "a0")], LUIS, "e0"),
        ([(NOBODY, "n0"), (NOBODY_ELSE, "e0"), (ANA, "a0")], NOBODY, "new"),
        ([(ANA, "a0"), (ANA, "a1"), (ANA, "a2")], ANA, "new"),
    ],
)
def test_full_line_turns_away_whoever_has_most_in_it(
    waiting: list[tuple[Place, str]], newcomer: Place, lost: str
) -> None:
    line = line_of(*waiting, most_waiting=3)
    assert line.put(newcomer, "new") == lost
    worker = Worker(line)
    left = {worker.next() for _ in range(3)}
    assert left == ({job for _, job in waiting} | {"new"}) - {lost}


@given(st.lists(st.tuples(st.sampled_from([ANA, LUIS, NOBODY, NOBODY_ELSE]), st.booleans()), max_size=60))
def test_every_job_is_begun_or_lost_once(steps: list[tuple[Place, bool]]) -> None:
    line = Line[str](threads=4, most_waiting=5)
    workers = [Worker(line) for _ in range(4)]
    put, seen = [], []
    for number, (place, works) in enumerate(steps):
        put.append(f"j{number}")
        seen.append(line.put(place, f"j{number}"))
        if works:
            seen.append(workers[number % 4].next())
        line._idle.clear()  # none of them really waits
    for _ in range(2 * len(steps)):
        seen += [worker.next() for worker in workers]
        line._idle.clear()
    assert sorted(filter(None, seen)) == sorted(put)
    assert (line._size, line._known.at_work, line._others.at_work) == (0, {}, {})


def test_threads_end_when_the_line_is_empty() -> None:
    line = line_of((ANA, "a0"))
    line.end()
    worker = Worker(line)
    assert (worker.next(), line.get(worker.own, worker.place)) == ("a0", None)
