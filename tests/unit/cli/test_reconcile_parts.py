"""The parts of `sk2siem reconcile`: a set of millions of ids, gaps that were announced, and counts that add up."""

import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from cli.reconcile.hop import Hop
from cli.reconcile.ids import Ids
from cli.reconcile.journal import Gaps
from cli.reconcile.on_topics import LONG_AGO, Entries
from producer.reader import JournalRow, Place
from producer.rereading import Seen
from runtime.broker import Standing
from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import encode
from schemas.ids import entry_id, origin_of
from schemas.records import EventId, Gap, JournalPlace, Progress
from schemas.topics import ENTRIES

TIME = datetime(2026, 11, 22, 2, 15, tzinfo=UTC)


def ids(count: int, receiver: str = "AUDRCV0001") -> list[EventId]:
    start = TIME.replace(tzinfo=None)
    return [entry_id(start + timedelta(seconds=number), "PROD1", receiver, number) for number in range(count)]


def test_a_set_of_ids_holds_what_was_put_into_it_once_and_nothing_else() -> None:
    made = ids(20_000)
    inside = set(random.Random(1).sample(made, 10_000))

    found = Ids([*inside, *list(inside)[:500]])

    assert len(found) == len(inside)
    assert {one for one in made if one in found} == inside
    assert not any(one in found for one in ids(1_000, "AUDRCV0002"))
    assert found.count_of(Ids(made)) == Ids(made).count_of(found) == len(inside)


def test_what_is_added_after_it_was_asked_is_found_too() -> None:
    found = Ids(["a"])
    assert "b" not in found

    found.add("b")

    assert {"a", "b"} == {one for one in ("a", "b", "c") if one in found}


def test_an_id_takes_about_eight_bytes() -> None:
    made = ids(50_000)
    tracemalloc.start()
    found = Ids(made)
    assert made[7] in found
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size / len(made) < 16


@pytest.mark.parametrize(
    ("one", "origin"),
    [
        (
            "20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467",
            ("PROD1", "AUDRCV0001", "00000000000000184467"),
        ),
        (
            "20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467.c1",
            ("PROD1", "AUDRCV0001", "00000000000000184467"),
        ),
        ("gap-PROD1-AUDRCV0001-00000000000000184467", ("PROD1", "AUDRCV0001", "00000000000000184467")),
        ("gap-PROD1--00000000000000000040.entries3.enricher", ("PROD1", "", "00000000000000000040")),
        ("20261122T021500000000-PROD1.status", ("PROD1", "", "")),
        ("anything", ("", "", "")),
    ],
)
def test_an_id_tells_where_it_comes_from(one: str, origin: tuple[str, str, str]) -> None:
    assert origin_of(one) == origin


def test_the_counts_of_a_hop_add_up_receiver_by_receiver() -> None:
    told: list[str] = []
    hop = Hop("journal", "the journal", "sk.entries", lambda _, one: told.append(one))
    first, second = ids(100), ids(50, "AUDRCV0002")

    for one in first:
        hop.arrived(one)
    hop.hole(first[40], is_counted=True)
    for one in second:
        (hop.hole if one in second[10:12] else hop.arrived)(one)
    hop.filled, hop.rejected = 2, 1

    assert (hop.expected, hop.holes, hop.remaining) == (150, 3, 0)
    assert [(system, receiver, part.holes, part.first, part.last) for system, receiver, part in hop.torn] == [
        ("PROD1", "AUDRCV0001", 1, first[40], first[40]),
        ("PROD1", "AUDRCV0002", 2, second[10], second[11]),
    ]
    assert told == [first[40], *second[10:12]]


def reached(*states: tuple[int, int, bool]) -> datetime:
    """Up to when a system is settled, by its progress records: partition, minute, and whether it is the last."""
    standings = {number: Standing(Partition(ENTRIES, number), 100, 100) for number in (0, 1)}
    entries = Entries(standings)
    for number, minute, is_final in states:
        time = TIME + timedelta(minutes=minute)
        progress = Progress("PROD1", "QSYS/QAUDJRN", time, True, None, 0, 2, is_final)
        entries.scan([StoredRecord(Partition(ENTRIES, number), Offset(1), b"PROD1", encode(progress), "progress")])
    return entries.settled_until("PROD1")


@pytest.mark.parametrize(
    ("states", "minute"),
    [
        pytest.param([(0, 9, False), (1, 5, False)], 4, id="the slowest partition counts, less a minute"),
        pytest.param([(0, 9, True), (1, 9, True)], 9, id="to the very end of a journal that has ended"),
        pytest.param([(0, 9, True), (1, 9, True), (0, 20, False), (1, 20, False)], 19, id="it goes on after its end"),
        pytest.param([(0, 9, True), (1, 9, False)], 8, id="its end has not come to every partition"),
    ],
)
def test_what_is_settled_is_read_and_judged_on_every_partition(
    states: list[tuple[int, int, bool]], minute: int
) -> None:
    assert reached(*states) == TIME + timedelta(minutes=minute)


def test_nothing_is_settled_of_a_system_without_progress() -> None:
    assert reached() == LONG_AGO


def place(receiver: int, sequence: int) -> JournalPlace:
    return JournalPlace("QGPL", f"AUDRCV000{receiver}", str(sequence))


@pytest.mark.parametrize(
    ("after", "until", "covered"),
    [
        pytest.param(place(1, 3), place(1, 6), {(1, 4), (1, 5)}, id="within a receiver"),
        pytest.param(place(1, 8), place(3, 2), {(1, 9), *((2, n) for n in range(10)), (3, 0), (3, 1)}, id="over three"),
        pytest.param(None, place(1, 2), {(1, 0), (1, 1)}, id="from the beginning"),
        pytest.param(place(3, 7), None, {(3, 8), (3, 9)}, id="to an end that is not known"),
        pytest.param(
            JournalPlace("OLD", "AUDRCV0001", "3"), place(3, 2), set(), id="a receiver of that name elsewhere"
        ),
    ],
)
def test_entries_in_a_gap_that_was_announced_are_told_from_others(
    after: JournalPlace | None, until: JournalPlace | None, covered: set[tuple[int, int]]
) -> None:
    end = TIME + timedelta(seconds=1_000)
    gap = Gap(EventId("gap-PROD1-AUDRCV0001-3"), "PROD1", "QSYS/QAUDJRN", after, until, "pruned", None, end, 6)
    gaps = Gaps([gap])

    found = {
        (receiver, sequence)
        for receiver in (1, 2, 3)
        for sequence in range(10)
        if gaps.cover(_seen(receiver, sequence))
    }

    assert found == covered


def _seen(receiver: int, sequence: int) -> Seen:
    at = Place("QGPL", f"AUDRCV000{receiver}", sequence)
    row = JournalRow(at, TIME.replace(tzinfo=None), "SK", b"")
    return Seen(row, entry_id(row.timestamp, "PROD1", at.receiver, sequence), TIME)
