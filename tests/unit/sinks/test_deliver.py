"""The stage of every sink worker: what it forwards, what it refuses, and how the sink's answer maps back to records."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from runtime.errors import Unavailable
from runtime.flow import Expired, Outcome, Rejection
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import decode_as, encode
from schemas.records import Alert, changed
from schemas.topics import VERDICTS
from sinks.deliver import Deliver
from sinks.forward import Forward
from sinks.sink import Parcel
from tests.fakes.sink import REJECTED, Answer, FakeSink
from tests.unit.schemas.validation import wrong_places
from tests.unit.sinks.samples import ALERT, CORRECTION, DHCP, ENTRY, EVENT, GAP, SAMPLES, STATUS, TIME, VERDICT, stored

NOW = TIME + timedelta(seconds=3)


class ParcelSink:
    """The fake SIEM behind the port that real sinks have."""

    def __init__(self, *script: Answer) -> None:
        self.siem = FakeSink(script)

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        records = [parcel.record for parcel in parcels]
        return replace(self.siem.send(records), retry_after=7.0) if records else Outcome()

    def check(self) -> str:
        return self.siem.check()

    def close(self) -> None:
        self.siem.close()


def deliver(sink: ParcelSink, metrics: Metrics | None = None) -> Deliver:
    return Deliver(sink, metrics or Metrics("test"), clock=NOW.timestamp)


RECORDS = [stored(content, offset) for offset, content in enumerate(SAMPLES.values())]
CORRUPT = {
    "not JSON": stored(VERDICT)._replace(value=b"{"),
    "no value": stored(VERDICT)._replace(value=b""),
    "another shape": stored(VERDICT)._replace(value=b'{"id":"x"}'),
    "a version to come": stored(VERDICT)._replace(value=encode(VERDICT).replace(b'"version":1', b'"version":9')),
    "an unknown type": stored(VERDICT)._replace(type="telemetry"),
    "no type": stored(VERDICT)._replace(type=""),
    "a record of another topic": stored(VERDICT)._replace(value=encode(ENTRY), type="entry"),
}


def test_every_kind_is_forwarded_in_order() -> None:
    sink = ParcelSink()

    outcome = deliver(sink).process(RECORDS)

    assert sink.siem.delivered == RECORDS
    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])


@pytest.mark.parametrize("name", CORRUPT)
def test_a_corrupt_record_is_rejected_and_its_neighbours_are_delivered(name: str) -> None:
    sink = ParcelSink()
    bad = CORRUPT[name]

    outcome = deliver(sink).process([RECORDS[0], bad, RECORDS[1]])

    assert [(rejection.item, rejection.reason.code) for rejection in outcome.rejected] == [(bad, "corrupt-record")]
    assert sink.siem.delivered == RECORDS[:2]


def test_nothing_is_sent_when_every_record_is_corrupt() -> None:
    sink = ParcelSink(Answer.AWAY)

    outcome = deliver(sink).process(list(CORRUPT.values()))

    assert len(outcome.rejected) == len(CORRUPT)


def test_what_the_siem_rejects_and_defers_comes_back_as_the_records_it_was() -> None:
    blamed = deliver(ParcelSink(Answer.REJECT_FIRST)).process(RECORDS)
    halved = deliver(ParcelSink(Answer.HALF)).process(RECORDS)

    assert blamed.rejected == [Rejection(RECORDS[0], REJECTED)]
    assert halved.deferred == RECORDS[4:]
    assert halved.retry_after == 7.0


def test_a_siem_that_is_away_holds_the_batch() -> None:
    with pytest.raises(Unavailable, match="away"):
        deliver(ParcelSink(Answer.AWAY)).process(RECORDS)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(stored(VERDICT), 1, id="verdict"),
        pytest.param(stored(ALERT), 1, id="alert"),
        pytest.param(stored(EVENT), 1, id="event"),
        pytest.param(stored(STATUS), 1, id="status"),
        pytest.param(stored(changed(VERDICT, backfill=True)), 0, id="backfill"),
        pytest.param(stored(changed(ALERT, connection=changed(VERDICT, backfill=True))), 0, id="alert on backfill"),
        pytest.param(stored(DHCP), 0, id="event on backfill"),
        pytest.param(stored(changed(CORRECTION, backfill=False)), 0, id="correction"),
        pytest.param(stored(GAP), 0, id="gap: its time is that of the loss"),
    ],
)
def test_the_way_is_timed_only_for_what_took_the_direct_one(record: StoredRecord, expected: int) -> None:
    metrics = Metrics("test")

    deliver(ParcelSink(), metrics).process([record])

    assert metrics.value("end_to_end_seconds_count") == expected
    assert metrics.value("end_to_end_seconds_sum") == pytest.approx(3.0 * expected)


def test_only_what_was_accepted_is_timed() -> None:
    metrics = Metrics("test")
    records = [stored(VERDICT, offset) for offset in range(5)]

    deliver(ParcelSink(Answer.HALF), metrics).process(records)

    assert metrics.value("end_to_end_seconds_count") == 3


def test_what_is_not_forwarded_is_settled_and_counted_by_its_type() -> None:
    sink, metrics = ParcelSink(), Metrics("test")

    outcome = Deliver(sink, metrics, Forward(what="alerts")).process(RECORDS)

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert [record.type for record in sink.siem.delivered] == ["alert", "alert", "status"]
    counted = {kind: metrics.value("items_not_forwarded_total", type=kind) for kind in ("verdict", "event", "alert")}
    assert counted == {"verdict": 3, "event": 2, "alert": 0}


def test_what_is_not_forwarded_is_counted_once_however_often_the_batch_is_held() -> None:
    sink, metrics = ParcelSink(Answer.AWAY, Answer.AWAY), Metrics("test")
    deliver = Deliver(sink, metrics, Forward(what="alerts"))

    for _ in range(2):
        with pytest.raises(Unavailable):
            deliver.process(RECORDS)
    deliver.process(RECORDS)

    assert metrics.value("items_not_forwarded_total", type="verdict") == 3


def test_a_corrupt_record_is_rejected_whatever_the_filter_is() -> None:
    outcome = Deliver(ParcelSink(), Metrics("test"), Forward(what="alerts")).process([CORRUPT["not JSON"]])

    assert [rejection.reason.code for rejection in outcome.rejected] == ["corrupt-record"]


EXPIRED = Expired(Partition(VERDICTS, 0), Offset(40), Offset(52))


class LazySink(ParcelSink):
    """Settles a batch without looking at it."""

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        return Outcome()


def test_a_sink_that_does_not_look_at_a_batch_has_not_settled_it() -> None:
    with pytest.raises(AssertionError, match="did not look at"):
        deliver(LazySink()).process(RECORDS)


def told(sink: ParcelSink) -> list[Alert]:
    found = [decode_as(Alert, record.value) for record in sink.siem.delivered if record.type == "alert"]
    return [alert for alert in found if alert.reason == "records-expired"]


def test_a_siem_is_told_what_expired_unread_before_the_record_that_follows_and_once() -> None:
    sink = ParcelSink()
    stage = Deliver(sink, Metrics("splunk"), Forward(what="alerts"), clock=NOW.timestamp)
    stage.expired(EXPIRED)

    stage.process([stored(VERDICT, 52)])
    stage.process([stored(ALERT, 53)])

    (alert,) = told(sink)
    assert (alert.id, alert.kind) == ("gap-PROD1--00000000000000000040.verdicts0.splunk", "gap")
    assert "12 records of partition 0 of sk.verdicts" in alert.description
    assert len({(record.partition, record.offset) for record in sink.siem.delivered}) == len(sink.siem.delivered)
    assert wrong_places("alert", orjson.loads(encode(alert))) == set()


@pytest.mark.parametrize("answer", [Answer.AWAY, Answer.LOST_ANSWER])
def test_while_a_siem_cannot_be_told_nothing_is_settled(answer: Answer) -> None:
    sink = ParcelSink(answer)
    stage = Deliver(sink, Metrics("splunk"), clock=NOW.timestamp)
    stage.expired(EXPIRED)
    record = stored(VERDICT, 52)

    with pytest.raises(Unavailable):
        stage.process([record])
    outcome = stage.process([record])

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert {alert.id for alert in told(sink)} == {"gap-PROD1--00000000000000000040.verdicts0.splunk"}
    assert sink.siem.delivered[-1] == record


def test_a_siem_that_refuses_to_be_told_holds_nothing_up() -> None:
    sink = ParcelSink(Answer.REJECT_FIRST)
    stage = Deliver(sink, Metrics("splunk"), clock=NOW.timestamp)
    stage.expired(EXPIRED)

    stage.process([stored(VERDICT, 52)])

    assert sink.siem.delivered == [stored(VERDICT, 52)]
