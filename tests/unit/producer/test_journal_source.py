"""The producer's source over the embedded broker, a real one, and a journal that is a list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.reader import JournalReader, JournalRow, Loss, Page, Place, PlaceLost
from producer.receivers import Chain, Receiver
from producer.recovery import TRIES
from producer.settings import ProducerSettings
from producer.source import JournalSource
from producer.stage import Decode
from runtime.embedded import EmbeddedBroker
from runtime.errors import Fenced, Halt, PositionLost, Unavailable
from runtime.flow import Batch, Settled
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from runtime.service import Running
from runtime.shutdown import Shutdown
from schemas.codec import decode_as
from schemas.records import Gap, Position, Progress
from schemas.topics import ENTRIES, POSITIONS, dead_letters
from tests.fakes.reader import ListReader, row

SYSTEM = "PROD1"
TELNET = bytes.fromhex("C1F1F04BF14BF14BF540404040404040F2F3404040F1F04BF94BF84BF740404040404040F5F0F1F2F300000003")


class Desk:
    """One worker's source and stage, driven by hand, step by step."""

    def __init__(self, path: Path, reader: JournalReader, worker: str = "w1", **settings: object) -> None:
        self.metrics = Metrics("producer")
        self.running = Running("producer", worker, Shutdown(), Health(), self.metrics)
        self.broker = EmbeddedBroker(path, metrics=self.metrics, shutdown=self.running.shutdown)
        clock, assertion = JournalClock(str(settings.get("time_zone", ""))), settings.pop("assertion", None)
        assert assertion is None or isinstance(assertion, frozenset)
        journal = Journal(SYSTEM, "QSYS/QAUDJRN", reader.name, clock, 1, assertion=assertion)
        self.stage = Decode(journal, self.metrics)
        wanted = ProducerSettings.model_validate({"system": SYSTEM, "poll_seconds": 0.1, **settings})
        self.source = JournalSource(reader, self.broker.publisher("p"), journal, wanted, self.running)

    def poll(self) -> Batch[JournalRow] | None:
        return self.source.poll(0.2)

    def settle(self, batch: Batch[JournalRow]) -> Settled[JournalRow]:
        outcome = self.stage.process(batch.items)
        return Settled(batch, outcome.outputs, outcome.rejected, batch.tally.after(batch.items, outcome.rejected))

    def step(self) -> Batch[JournalRow]:
        batch = self.poll()
        assert batch is not None
        self.source.checkpoint(self.settle(batch))
        return batch

    def records(self, topic: str, kind: str) -> list[StoredRecord]:
        return [record for record in self.broker.read(topic) if record.type == kind]

    def sequences(self) -> list[int]:
        return [int(orjson.loads(record.value)["sequence"]) for record in self.records(ENTRIES, "entry")]


MakeDesk = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MakeDesk]:
    desks: list[Desk] = []

    def make(reader: JournalReader, worker: str = "w1", **settings: object) -> Desk:
        desks.append(Desk(tmp_path / "broker.db", reader, worker, **settings))
        return desks[-1]

    yield make
    for made in desks:
        made.source.close()


def test_entries_progress_and_position_are_published_together(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(1, TELNET), row(2, TELNET)]))

    worker.step()

    assert worker.sequences() == [1, 2]
    assert len(worker.records(ENTRIES, "progress")) == 1
    stored = decode_as(Position, worker.records(POSITIONS, "position")[-1].value)
    assert (stored.receiver, stored.sequence, stored.worker) == ("AUDRCV0001", "2", "w1")


def test_a_restarted_worker_goes_on_behind_the_stored_position(desk: MakeDesk) -> None:
    rows = [row(n, TELNET) for n in range(1, 6)]
    desk(ListReader(rows), page_size=3).step()

    second = desk(ListReader(rows), page_size=3)
    second.step()

    assert second.sequences() == [1, 2, 3, 4, 5]


def test_a_batch_that_was_not_checkpointed_comes_again(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(1, TELNET)]))
    first = worker.poll()

    worker.source.abandon()
    again = worker.poll()

    assert first is not None
    assert again is not None
    assert list(again.items) == list(first.items)


def test_a_row_that_cannot_be_decoded_is_a_dead_letter_that_can_be_read_again(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(1, b"\xc1"), row(2, TELNET)]))

    worker.step()

    [letter] = worker.records(dead_letters("producer"), "dead-letter")
    assert orjson.loads(letter.value)["entry_data"] == "c1"
    assert dict(letter.headers)["x-reason"] == b"entry-data-too-short"
    assert worker.sequences() == [2]


def test_progress_stays_before_the_last_entry_of_a_full_page(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(n, TELNET) for n in range(1, 6)]), page_size=3)

    batch = worker.step()

    progress = decode_as(Progress, worker.records(ENTRIES, "progress")[-1].value)
    assert not progress.at_end
    assert progress.time < worker.stage._journal.clock.peek(batch.items[-1].timestamp)


def test_what_is_vouched_for_is_told_before_the_very_first_entry_and_not_again(desk: MakeDesk) -> None:
    rows = [row(n, TELNET) for n in range(1, 6)]
    worker = desk(ListReader(rows), page_size=3, assertion=frozenset({"*NETSCK", "*NETSECURE"}))

    worker.step()
    worker.step()

    assert [record.type for record in worker.broker.read(ENTRIES)] == [
        *("progress", "entry", "entry", "entry", "progress"),
        *("entry", "entry", "progress"),
    ]
    opening = decode_as(Progress, worker.records(ENTRIES, "progress")[0].value)
    assert (opening.audit_levels, opening.audit_levels_asserted) == (("*NETSCK", "*NETSECURE"), True)
    assert opening.time < worker.stage._journal.clock.peek(rows[0].timestamp) - timedelta(seconds=30)


def test_progress_never_goes_back(desk: MakeDesk) -> None:
    reader = ListReader([row(1, TELNET)])
    worker = desk(reader)
    worker.step()
    reader.rows += [row(2, TELNET), row(3, TELNET)]
    worker.step()

    times = [decode_as(Progress, record.value).time for record in worker.records(ENTRIES, "progress")]

    assert times == sorted(times)


def test_a_lost_position_is_a_gap_and_reading_goes_on_from_the_oldest(desk: MakeDesk) -> None:
    desk(ListReader([row(1, TELNET)])).step()

    def pruned() -> None:
        raise PositionLost("receiver AUDRCV0001 is gone")

    later = desk(ListReader([row(9, TELNET, receiver="AUDRCV0002")], [pruned]))
    later.step()

    [record] = later.records(ENTRIES, "gap")
    gap = decode_as(Gap, record.value)
    assert gap.after is not None
    assert gap.until is not None
    assert (gap.after.sequence, gap.until.sequence, gap.why) == ("1", "9", "receiver AUDRCV0001 is gone")
    assert gap.resumed == datetime(2026, 11, 22, 11, 0, 9, 123456, tzinfo=UTC)
    assert later.sequences() == [1, 9]
    assert later.metrics.value("journal_gaps_total") == 1


class AuditedReader(ListReader):
    """A list; at its end the audit levels are known, as the system has them."""

    def read(self, after: Place | None, limit: int) -> Page:
        page = super().read(after, limit)
        return replace(page, audit_levels=frozenset({"*NETSECURE"}) if page.at_end else None)


def test_behind_a_gap_the_audit_levels_are_not_known_until_the_end(desk: MakeDesk) -> None:
    """A change of them may be among what is missing."""
    desk(AuditedReader([row(1, TELNET)])).step()

    def pruned() -> None:
        raise PositionLost("receiver AUDRCV0001 is gone")

    rows = [row(number, TELNET, receiver="AUDRCV0002") for number in range(2, 6)]
    later = desk(AuditedReader(rows, [pruned]), page_size=2)
    later.step()
    later.step()

    told = [decode_as(Progress, record.value).audit_levels for record in later.records(ENTRIES, "progress")]
    assert told == [("*NETSECURE",), None, ("*NETSECURE",)]


class SurveyedReader(ListReader):
    """A list whose first receiver is gone; it says what there is."""

    def survey(self) -> Chain:
        receiver = Receiver("AUDLIB", "AUDRCV0002", 7, 12, datetime(2026, 11, 22, 12), attached=True)
        return Chain([receiver], datetime(2026, 11, 22, 13), 3600)

    def place_at(self, local: datetime, chain: Chain) -> Place:
        return chain.newest.at(local.minute)


class EndangeredReader(ListReader):
    """A list whose entries are about to be deleted."""

    def __init__(self, rows: Sequence[JournalRow], loss: Loss) -> None:
        super().__init__(rows)
        self._loss = loss

    def read(self, after: Place | None, limit: int) -> Page:
        return replace(super().read(after, limit), loss=self._loss)


def lost_behind(resume: Place | None) -> Callable[[], None]:
    def lose() -> None:
        raise PlaceLost("receiver AUDRCV0001 is gone", resume)

    return lose


@pytest.mark.parametrize(
    ("settings", "sequences", "missing"),
    [
        pytest.param({}, [7, 8, 9, 10, 11, 12], 5, id="oldest"),
        pytest.param({"recovery": "newest"}, [], 11, id="newest"),
        pytest.param(
            {"recovery": "timestamp", "recovery_timestamp": "2026-11-22T11:09:00Z"}, [10, 11, 12], 8, id="timestamp"
        ),
        pytest.param(
            {"recovery": "timestamp", "recovery_timestamp": "2026-11-22T11:02:00Z"},
            [7, 8, 9, 10, 11, 12],
            5,
            id="a timestamp before what has been read",
        ),
    ],
)
def test_a_lost_position_goes_on_where_the_setting_says(
    desk: MakeDesk, settings: dict[str, str], sequences: list[int], missing: int
) -> None:
    desk(ListReader([row(1, TELNET)])).step()
    oldest = Place("AUDLIB", "AUDRCV0002", 6)
    rows = [row(number, TELNET, receiver="AUDRCV0002") for number in range(6, 13)]

    later = desk(SurveyedReader(rows, [lost_behind(oldest)]), time_zone="Europe/Vienna", **settings)
    later.step()

    (record,) = later.records(ENTRIES, "gap")
    assert decode_as(Gap, record.value).count == missing
    assert later.sequences() == [1, *sequences]


def test_receivers_that_are_deleted_one_after_the_other_are_one_gap(desk: MakeDesk) -> None:
    desk(ListReader([row(1, TELNET)])).step()
    deleted = [lost_behind(Place("AUDLIB", f"AUDRCV000{number}", number)) for number in (3, 5)]
    later = desk(ListReader([row(6, TELNET, receiver="AUDRCV0005")], deleted))
    later.step()

    (record,) = later.records(ENTRIES, "gap")
    gap = decode_as(Gap, record.value)
    assert gap.after is not None
    assert gap.until is not None
    assert (gap.after.sequence, gap.until.sequence, gap.count) == ("1", "6", 4)
    assert later.sequences() == [1, 6]


def test_receivers_that_are_deleted_without_end_are_waited_for(desk: MakeDesk) -> None:
    desk(ListReader([row(1, TELNET)])).step()
    later = desk(ListReader([row(9, TELNET)], [lost_behind(None)] * TRIES))

    with pytest.raises(Unavailable, match="receivers change"):
        later.step()
    later.step()

    assert later.sequences() == [1, 9]


def test_a_lost_position_halts_where_that_is_the_setting(desk: MakeDesk) -> None:
    desk(ListReader([row(1, TELNET)])).step()
    later = desk(ListReader([row(9, TELNET)], [lost_behind(None)]), recovery="halt")

    with pytest.raises(Halt, match="sk2siem position show"):
        later.step()

    assert later.sequences() == [1]


def test_a_reader_that_cannot_look_ahead_halts_where_it_would_have_to(desk: MakeDesk) -> None:
    desk(ListReader([row(1, TELNET)])).step()
    later = desk(ListReader([row(9, TELNET)], [lost_behind(None)]), recovery="newest")

    with pytest.raises(Halt, match="SK2SIEM_PRODUCER__RECOVERY=oldest"):
        later.step()


def test_a_loss_that_is_near_is_said_in_one_progress_record(desk: MakeDesk) -> None:
    near = Loss(timedelta(hours=5, minutes=20), timedelta(hours=6, minutes=30))
    rows = [row(number, TELNET) for number in range(1, 7)]
    worker = desk(EndangeredReader(rows, near), page_size=2)

    for _ in range(3):
        worker.step()

    progress = [decode_as(Progress, record.value) for record in worker.records(ENTRIES, "progress")]
    assert [(one.loss_after_seconds, one.loss_before_seconds) for one in progress] == [
        (19_200, 23_400),
        (None, None),
        (None, None),
    ]
    assert worker.metrics.value("journal_time_to_loss_seconds") == 19_200


class UnauditedReader(ListReader):
    """A journal without entries on a system that has connections; it tells once."""

    def read(self, after: Place | None, limit: int) -> Page:
        told = 2 if not self.reads else None
        return replace(super().read(after, limit), unaudited=told)


def test_connections_that_are_not_audited_are_said_in_one_progress_record_even_after_a_doubt(desk: MakeDesk) -> None:
    worker = desk(UnauditedReader([row(1, TELNET), row(2, TELNET)]), page_size=1)
    worker.poll()
    worker.source.abandon()

    for _ in range(2):
        worker.step()

    progress = [decode_as(Progress, record.value) for record in worker.records(ENTRIES, "progress")]
    assert [one.unaudited_connections for one in progress] == [2, None]


def test_entries_are_counted_with_the_journal_space_they_take(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(1, TELNET), row(2, TELNET + bytes(1025)), row(3, b"\xe2" + TELNET[1:])]))

    worker.step()

    counted = [worker.metrics.value(f"{name}_total", type=kind) for name in ("entries", "entry_bytes") for kind in "AS"]
    assert counted == [2, 1, 45 + 1070, 45]


def test_when_its_receiver_was_attached_is_stored_with_the_position(desk: MakeDesk) -> None:
    attached_at = datetime(2026, 11, 22, 3, 15, 0, 123)
    reader = ListReader([row(1, TELNET)])
    reader.rows[0] = replace(reader.rows[0], place=replace(reader.rows[0].place, attached_at=attached_at))
    first = desk(reader)
    first.step()

    second = desk(reader)
    second.poll()

    assert decode_as(Position, first.records(POSITIONS, "position")[-1].value).receiver_attached == (
        "2026-11-22-03.15.00.000123"
    )
    assert reader.reads[-1] is not None
    assert reader.reads[-1].attached_at == attached_at


def test_a_newcomer_waits_for_a_living_rival_and_says_for_whom(desk: MakeDesk) -> None:
    older = desk(ListReader([row(1, TELNET)]), "older")
    older.step()
    newcomer = desk(ListReader([row(1, TELNET)]), "newcomer")

    assert newcomer.poll() is None
    assert newcomer.running.health.troubles["rival"].startswith("older reads QSYS/QAUDJRN of PROD1")


def test_a_take_over_stops_the_older_one_and_loses_nothing(desk: MakeDesk) -> None:
    rows = [row(n, TELNET) for n in range(1, 5)]
    older = desk(ListReader(rows), "older", page_size=2)
    older.step()
    in_hand = older.poll()
    newcomer = desk(ListReader(rows), "newcomer", page_size=2, take_over=True)
    newcomer.step()

    assert in_hand is not None
    with pytest.raises(Fenced):
        older.source.checkpoint(older.settle(in_hand))
    assert newcomer.sequences() == [1, 2, 3, 4]


def test_nothing_new_publishes_nothing_until_a_sign_of_life_is_due(desk: MakeDesk) -> None:
    worker = desk(ListReader([]))
    worker.step()

    assert worker.poll() is None


def test_the_end_of_a_finite_journal_asks_for_the_stop(desk: MakeDesk) -> None:
    worker = desk(ListReader([row(1, TELNET)], final=True))

    worker.step()

    assert decode_as(Progress, worker.records(ENTRIES, "progress")[-1].value).final
    assert worker.running.shutdown.requested


def test_the_rejection_tally_survives_a_restart(desk: MakeDesk) -> None:
    rows = [row(n, b"\xc1") for n in range(1, 4)]
    desk(ListReader(rows), page_size=2).step()

    batch = desk(ListReader(rows), page_size=2).poll()

    assert batch is not None
    assert (batch.tally.rejected, batch.tally.in_a_row) == (2, 2)
