"""What changed since: complete whatever is late, each record once a page, and nobody else's."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, audit_log, clock
from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.errors import ForbiddenError, LibretaError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.copies import CopiedKind, CopiedName
from evaluations.domain.roster import RosterContent
from evaluations.domain.school import Enrolment, Student
from evaluations.errors import CopyTooOldError
from evaluations.repository import roster_imports, stored_scores
from evaluations.services.copies import feed
from evaluations.services.roster.loading import _compared as compared
from evaluations.services.roster.starting import start_import
from tests.integration.evaluations.copies import Copy, admin_of, once_settled, records_of
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.integration.evaluations.rosters import make_empty_school
from tests.support.calls import counted_calls
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.copies import ChangedRecord
    from evaluations.domain.roster_imports import RosterImport
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

pytestmark = pytest.mark.usefixtures("as_worker")


@pytest.fixture
def copy(school: TestSchool) -> Copy:
    """A copy of the school with everything that was imported into it."""
    made = Copy(school.school_id)
    with once_settled():
        made.begin(since=clock.now() - timedelta(days=1))
        made.catch_up()
    return made


@pytest.fixture(autouse=True)
def inside(school: TestSchool) -> Iterator[None]:
    """Tests write as people of the school."""
    with enter_school(school.school_id):
        yield


def settled(copy: Copy, limit: int = 50) -> list[ChangedRecord]:
    """What is told once everything that was written has settled."""
    with once_settled():
        return copy.catch_up(limit)


def names(told: list[ChangedRecord]) -> list[CopiedName]:
    return [change.name for change in told]


def score_name(evaluation_id: str, student_id: str) -> CopiedName:
    return CopiedName(CopiedKind.SCORE, (evaluation_id, student_id))


def evaluation_name(evaluation_id: str) -> CopiedName:
    return CopiedName(CopiedKind.EVALUATION, (evaluation_id,))


def begin_import(school: TestSchool, content: RosterContent) -> RosterImport:
    """Begin an import of these records, without a step of it."""
    return start_import(actor=admin_of(school.school_id), preview=compared(content), hold=False)


def go_on(record: RosterImport) -> None:
    while services.advance_import(import_id=record.import_id).more:
        pass


def pupils(count: int) -> RosterContent:
    made = [Student(student_id=f"nuevo-{n:03d}", given_name="Rosa", family_name="Quispe") for n in range(count)]
    return RosterContent(students=tuple(made), complete=frozenset())


def test_first_cursor_is_of_now_and_tells_nothing(school: TestSchool) -> None:
    with enter_school(school.school_id):
        page = services.list_changes(actor=admin_of(school.school_id))
    assert (page.items, page.more) == ([], False)
    assert page.until <= clock.now() - audit_log.SETTLED_AFTER


def test_reader_of_what_is_yet_to_settle_is_told_no_more_than_has_settled(copy: Copy, school: TestSchool) -> None:
    record(school, set_evaluation(school), "6.5")
    now = clock.now()
    page = services.list_changes(actor=admin_of(school.school_id), since=now)
    assert (page.items, page.more, page.until < now) == ([], False, True)
    copy.cursor = page.cursor
    score = record(school, set_evaluation(school), "6.0")
    told = settled(copy)
    assert [change.record for change in told if change.name.kind is CopiedKind.SCORE] == [score]


def test_copy_from_before_the_import_is_the_school(cloud: Cloud, copy: Copy, school: TestSchool) -> None:
    assert copy.records == records_of(cloud, school.school_id)
    assert {name.kind for name in copy.records} == set(CopiedKind) - {CopiedKind.EVALUATION, CopiedKind.SCORE}


@pytest.mark.parametrize("limit", [1, 4, 500])
def test_whole_roster_is_told_as_it_stands_before_any_change(cloud: Cloud, school: TestSchool, limit: int) -> None:
    evaluation_id = set_evaluation(school)
    go_on(begin_import(school, pupils(120 if limit > 1 else 2)))  # of whom no listing knows: they are in no section
    whole = Copy(school.school_id).begin_whole(limit)
    told = whole.catch_up(limit)
    assert len(told) == len(set(names(told)))
    expected = records_of(cloud, school.school_id)
    del expected[evaluation_name(evaluation_id)]
    assert whole.records == expected
    assert settled(whole)
    assert whole.records == records_of(cloud, school.school_id)


def test_what_changes_during_the_walk_is_told_behind_it(cloud: Cloud, school: TestSchool) -> None:
    """Also where a record goes that the walk has passed: no other is left out for it."""
    added = begin_import(school, pupils(3))
    go_on(added)
    whole = Copy(school.school_id).begin_whole(limit=12)
    assert whole.ask(limit=1).more
    undone = services.undo_import(
        actor=admin_of(school.school_id), import_id=added.import_id, reason="no era este curso"
    )
    go_on(undone)
    left = (Enrolment(section_id="len-5a", student_id="student-000"),)
    go_on(begin_import(school, RosterContent(left=left, complete=frozenset())))
    whole.catch_up(limit=2)
    settled(whole, limit=2)
    assert whole.records == records_of(cloud, school.school_id)


def test_school_without_people_is_told_with_its_record_alone(other_school_id: str) -> None:
    whole = Copy(make_empty_school(other_school_id)).begin_whole()
    assert [name.kind for name in whole.records] == [CopiedKind.SCHOOL]
    assert whole.catch_up() == []


def test_score_is_told_a_once_settled_and_as_it_stands_then(copy: Copy, school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    score = record(school, evaluation_id, "6.5")
    assert copy.catch_up() == []
    score = correct(school, score, "5.0")
    told = settled(copy)
    assert names(told) == [evaluation_name(evaluation_id), score_name(evaluation_id, score.student_id)]
    assert told[1].record == score
    assert told[1].changed_at > told[0].changed_at
    assert settled(copy) == []


def test_void_edit_and_deletion_are_told(copy: Copy, school: TestSchool) -> None:
    graded, gone = set_evaluation(school), set_evaluation(school)
    score = record(school, graded, "6.5")
    settled(copy)
    assert evaluation_name(gone) in copy.records
    services.void_score(
        actor=school.teacher, evaluation_id=graded, student_id=score.student_id, version=1, reason="se repite"
    )
    services.edit_evaluation(actor=school.teacher, evaluation_id=graded, version=1, title="Otra prueba")
    services.delete_evaluation(actor=school.teacher, evaluation_id=gone, version=1)
    told = {change.name: change.record for change in settled(copy)}
    assert told[evaluation_name(gone)] is None
    assert getattr(told[evaluation_name(graded)], "title", "") == "Otra prueba"
    assert getattr(told[score_name(graded, score.student_id)], "state", "") == "void"
    assert evaluation_name(gone) not in copy.records


def test_term_closed_is_told_with_the_school(copy: Copy, school: TestSchool) -> None:
    services.close_term(actor=admin_of(school.school_id), term_id=OPEN_TERM)
    [told] = settled(copy)
    assert told.name == CopiedName(CopiedKind.SCHOOL, (school.school_id,))
    assert all(term.closed for term in getattr(told.record, "terms", ()))


@contextmanager
def held_back() -> Iterator[list[Transaction]]:
    """Transactions that are sent and on their way: none has arrived yet."""
    on_their_way: list[Transaction] = []

    def send(transaction: Transaction) -> None:
        on_their_way.append(transaction)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "commit", send)
        yield on_their_way


def arrive(transaction: Transaction) -> None:
    """What was sent in time is committed now."""
    transaction._sent_by = None
    transaction.commit()


def test_write_that_is_committed_late_is_not_missed(copy: Copy, school: TestSchool) -> None:
    """Its entry's instant is taken first; others come after it and are told, and the reader reads on and on."""
    evaluation_id = set_evaluation(school)
    first, second = record(school, evaluation_id, "6.5"), record(school, evaluation_id, "6.0", student=1)
    with held_back() as on_their_way:
        correct(school, first, "5.0")
    [late] = on_their_way
    correct(school, second, "4.0")
    for minutes in range(0, 32, 4):  # a minute to send it, and fifteen each that two clocks may be wrong
        with once_settled(timedelta(minutes=minutes) - audit_log.SETTLED_AFTER):
            copy.catch_up()
    arrive(late)
    told = {change.name: change.record for change in settled(copy)}
    assert getattr(told[score_name(evaluation_id, first.student_id)], "value", "") == "5.0"


def test_write_that_could_be_committed_too_late_is_not_sent(school: TestSchool) -> None:
    """A process stopped between the entry's instant and the call: it writes nothing, and says so."""
    score = record(school, set_evaluation(school), "6.5")
    make = audit.add_entry

    def stopped(*args: Any, **named: Any) -> Any:
        entry = make(*args, **named)
        awake = entry.at + audit.SENT_WITHIN + timedelta(microseconds=1)
        patch.setattr(clock, "now", lambda: awake)
        return entry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "add_entry", stopped)
        with pytest.raises(StoreUnavailableError):
            correct(school, score, "5.0")
    assert stored_scores.get_score(score.evaluation_id, score.student_id) == score


def test_changes_of_one_instant_are_told_each(copy: Copy, school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation_id, now = set_evaluation(school), clock.now()
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: now)
        for student in range(3):
            record(school, evaluation_id, "6.5", student=student)
    told = names(settled(copy, limit=1))
    assert len(told) == len(set(told)) == 4


def test_months_border_is_none_for_the_reader(copy: Copy, school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of two months stand in two partitions; a late one of the old month comes while the new one has some."""
    evaluation_id = set_evaluation(school)
    settled(copy)
    scores = [record(school, evaluation_id, "6.5", student=student) for student in range(3)]
    begun = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)
    border = begun.replace(day=1)
    written = []
    for seconds, score in zip((-2, -1, 1), scores, strict=True):
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda at=border + timedelta(seconds=seconds): at)
            with held_back() as on_their_way:
                correct(school, score, "5.0")
        written += on_their_way
    late, earlier, later = written
    arrive(earlier)
    arrive(later)
    at = border
    for _step in range(5):
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda at=at: at)
            copy.catch_up(limit=1)
        at += timedelta(minutes=3)
    arrive(late)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: border + audit_log.SETTLED_AFTER + timedelta(minutes=1))
        copy.catch_up(limit=1)
    for score in scores:
        assert getattr(copy.records[score_name(evaluation_id, score.student_id)], "value", "") == "5.0"


def test_what_comes_between_two_pages_disturbs_neither(copy: Copy, school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    scores = [record(school, evaluation_id, "6.5", student=student) for student in range(3)]
    with once_settled():
        page = copy.ask(limit=2)
        copy.take(page)
    assert page.more
    corrected = correct(school, scores[0], "4.0")
    told = names(settled(copy, limit=2))
    assert [name for name in told if name.kind is CopiedKind.SCORE] == [
        score_name(evaluation_id, scores[number].student_id) for number in (1, 2, 0)
    ]
    assert copy.records[score_name(evaluation_id, scores[0].student_id)] == corrected


def test_reader_that_stops_before_it_keeps_the_cursor_reads_the_page_again(copy: Copy, school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    record(school, evaluation_id, "6.5")
    with once_settled():
        assert names(copy.ask().items) == names(copy.ask().items) == names(copy.catch_up())


def test_record_changed_often_is_told_once_a_page(copy: Copy, school: TestSchool) -> None:
    score = record(school, set_evaluation(school), "6.5")
    for value in ("5.0", "4.0", "3.0"):
        score = correct(school, score, value)
    told = settled(copy)
    assert len(told) == 2
    assert told[1].record == score


def test_roster_import_is_told_record_by_record(cloud: Cloud, copy: Copy, school: TestSchool) -> None:
    moved = Enrolment(section_id="len-5a", student_id="student-001")
    content = RosterContent(
        students=(Student(student_id="student-000", given_name="Íñigo", family_name="Otro"), *pupils(2).students),
        left=(moved,),
        complete=frozenset(),
    )
    go_on(begin_import(school, content))
    told = settled(copy)
    assert set(names(told)) == {
        CopiedName(CopiedKind.STUDENT, ("student-000",)),
        CopiedName(CopiedKind.STUDENT, ("nuevo-000",)),
        CopiedName(CopiedKind.STUDENT, ("nuevo-001",)),
        CopiedName(CopiedKind.ENROLMENT, ("len-5a", "student-001")),
    }
    assert [change.name.kind for change in told if change.record is None] == [CopiedKind.ENROLMENT]
    assert copy.records == records_of(cloud, school.school_id)


def test_large_import_is_told_over_many_pages(cloud: Cloud, copy: Copy, school: TestSchool) -> None:
    go_on(begin_import(school, pupils(230)))
    with once_settled():
        page = copy.ask(limit=70)
        assert (len(page.items), page.more) == (70, True)
        told = copy.catch_up(limit=70)
    assert len(names(told)) == len(set(names(told))) == 230
    assert copy.records == records_of(cloud, school.school_id)


def test_import_that_is_still_written_is_told_when_it_has_ended_and_keeps_nobody_waiting(
    cloud: Cloud, copy: Copy, school: TestSchool
) -> None:
    running = begin_import(school, pupils(3))
    evaluation_id = set_evaluation(school)
    with once_settled():
        page = copy.ask()
        assert names(copy.take(page)) == [evaluation_name(evaluation_id)]
        assert not page.more
        assert page.until < running.updated_at + timedelta(seconds=1), "not everything behind that is told"
        assert copy.catch_up() == []
    go_on(running)
    with once_settled():
        assert len(copy.catch_up(limit=2)) == 3
        assert copy.ask().until == audit_log.settled_until()
    assert copy.records == records_of(cloud, school.school_id)


@pytest.mark.parametrize("since", [None, timedelta(minutes=5)])
def test_copy_begun_while_an_import_is_written_is_told_what_that_wrote(
    school: TestSchool, since: timedelta | None
) -> None:
    """Its entry stands before the first cursor, and what the listings lack of it comes after them."""
    running = begin_import(school, pupils(3))
    made = Copy(school.school_id)
    with once_settled(timedelta(minutes=10)):
        made.begin(since=running.started_at + since if since else None)
        made.catch_up()
        assert not made.records
        assert made.ask().until <= running.started_at, "who goes on from here with since misses nothing"
    go_on(running)
    with once_settled(timedelta(minutes=20)):
        assert len(made.catch_up(limit=2)) == 3
        assert made.ask().until == audit_log.settled_until()
    scores_only = Copy(school.school_id, kinds=frozenset({CopiedKind.SCORE})).begin()
    assert scores_only.catch_up() == []


def test_whole_roster_begun_while_an_import_is_written_is_completed(cloud: Cloud, school: TestSchool) -> None:
    running = begin_import(school, pupils(3))
    whole = Copy(school.school_id)
    with once_settled(timedelta(minutes=10)):
        whole.begin_whole(limit=2)
        whole.catch_up(limit=2)
    go_on(running)
    settled(whole, limit=2)
    assert whole.records == records_of(cloud, school.school_id)


def test_import_that_ends_while_the_next_one_begins_is_told_first(cloud: Cloud, copy: Copy, school: TestSchool) -> None:
    first = begin_import(school, pupils(3))
    with once_settled():
        copy.catch_up()
    go_on(first)
    second = begin_import(school, pupils(5))
    with once_settled():
        copy.catch_up(limit=1)
    go_on(second)
    settled(copy, limit=1)
    assert copy.records == records_of(cloud, school.school_id)


def test_held_import_is_told_once_it_is_approved_and_undone_once_more(
    cloud: Cloud, copy: Copy, school: TestSchool
) -> None:
    actor = admin_of(school.school_id)
    held = start_import(actor=actor, preview=compared(pupils(3)), hold=True)
    assert settled(copy) == []
    approved = services.approve_import(actor=actor, import_id=held.import_id, digest=held.digest)
    go_on(approved)
    assert len(settled(copy)) == 3
    undone = services.undo_import(actor=actor, import_id=held.import_id, reason="no era este curso")
    go_on(undone)
    assert [change.record for change in settled(copy)] == [None] * 3
    assert copy.records == records_of(cloud, school.school_id)


def test_discarded_import_is_passed_over(copy: Copy, school: TestSchool) -> None:
    actor = admin_of(school.school_id)
    held = start_import(actor=actor, preview=compared(pupils(3)), hold=True)
    services.discard_import(actor=actor, import_id=held.import_id)
    assert settled(copy) == []


def test_import_whose_plan_is_gone_asks_for_a_new_copy(copy: Copy, school: TestSchool) -> None:
    done = begin_import(school, pupils(3))
    go_on(done)
    roster_imports.delete_plan(done.import_id, done.chunks)
    with pytest.raises(CopyTooOldError):
        settled(copy)
    scores_only = Copy(school.school_id, kinds=frozenset({CopiedKind.SCORE}))
    with once_settled():
        scores_only.begin(since=clock.now() - timedelta(days=1))
        assert scores_only.catch_up() == []


def test_old_cursor_asks_for_a_new_copy(copy: Copy, school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    late = clock.now() + feed.REACH
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: late - timedelta(minutes=1))
        copy.catch_up()
        patch.setattr(clock, "now", lambda: late + feed.REACH)
        with pytest.raises(CopyTooOldError):
            copy.ask()
        with pytest.raises(CopyTooOldError):
            Copy(school.school_id).begin(since=clock.now() - feed.REACH - timedelta(seconds=1))


def test_kinds_are_told_alone_and_others_pass_in_few_calls(copy: Copy, school: TestSchool) -> None:
    assert copy.cursor
    evaluation_id = set_evaluation(school)
    for student in range(3):
        record(school, evaluation_id, "6.5", student=student)
    only = Copy(school.school_id, kinds=frozenset({CopiedKind.EVALUATION}))
    with once_settled():
        only.begin(since=clock.now() - timedelta(hours=1))
        with counted_calls() as calls:
            page = only.ask()
    assert names(page.items) in ([], [evaluation_name(evaluation_id)])
    assert set(only.records) | set(names(page.items)) == {evaluation_name(evaluation_id)}
    assert len(calls) <= 3


def test_page_costs_a_query_a_month_and_a_call_for_each_sort_of_record(copy: Copy, school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    for student in range(3):
        record(school, evaluation_id, "6.5", student=student)
    with once_settled() as now, counted_calls() as calls:
        assert len(copy.ask().items) == 4
    months = len({f"{at:%Y-%m}" for at in (now, now - timedelta(minutes=20))})
    assert sorted(calls) == ["BatchGetItem"] * 2 + ["Query"] * months


def test_neighbour_is_told_nothing(copy: Copy, school: TestSchool, other_school: TestSchool) -> None:
    record(school, set_evaluation(school), "6.5")
    theirs = Copy(other_school.school_id)
    with once_settled():
        theirs.begin(since=clock.now() - timedelta(days=1))
        theirs.catch_up()
        assert not {name.kind for name in theirs.records} & {CopiedKind.EVALUATION, CopiedKind.SCORE}
        theirs.cursor = copy.cursor
        with pytest.raises(LibretaError) as refused:
            theirs.ask()
    assert refused.value.code == "invalid_cursor"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SCHOOL_ADMIN}))
def test_only_administrators_are_told(school: TestSchool, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        services.list_changes(actor=Principal("x", role, school.school_id, "teacher-1"))
