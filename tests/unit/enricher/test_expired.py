"""Entries that their topic deleted before they were judged: an alert with the next record, and nothing stays open."""

from dataclasses import replace

import orjson
import pytest

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy_file import DEFAULT, load_policy
from runtime.flow import Expired
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import decode_as
from schemas.records import Alert, AlertKind, Severity, Verdict
from schemas.topics import ALERTS, ENTRIES
from tests.unit.enricher.samples import accept, progress, stored
from tests.unit.schemas.validation import wrong_places

CATALOGUE = load_catalogue()
POLICY = load_policy(DEFAULT, CATALOGUE)
PLACE = Partition(ENTRIES, 3)
EXPIRED = Expired(PLACE, Offset(40), Offset(52))


@pytest.fixture
def judge() -> Judge:
    return Judge(CATALOGUE, POLICY)


def outputs(judge: Judge, *items: StoredRecord) -> list[Record]:
    outcome = judge.process(items)
    assert not outcome.rejected
    return list(outcome.outputs)


def alerts(records: list[Record]) -> list[Alert]:
    found = [decode_as(Alert, record.value) for record in records if record.topic == ALERTS]
    return [alert for alert in found if alert.reason == "records-expired"]


@pytest.mark.parametrize(
    ("expired", "many"),
    [
        pytest.param(EXPIRED, "12 records of partition 3 of sk.entries", id="a known number"),
        pytest.param(
            replace(EXPIRED, since=None), "An unknown number of records of partition 3", id="an unknown number"
        ),
    ],
)
def test_the_next_record_brings_an_alert_and_no_other_does(judge: Judge, expired: Expired, many: str) -> None:
    judge.expired(expired)
    elsewhere = outputs(judge, stored(progress(), partition=2))
    first = outputs(judge, stored(accept(23), partition=3))
    later = outputs(judge, stored(progress(), partition=3))

    (alert,) = alerts(first)
    assert (alerts(elsewhere), alerts(later)) == ([], [])
    assert (alert.kind, alert.severity, alert.system) == (AlertKind.GAP, Severity.HIGH, "PROD1")
    assert many in alert.description
    assert first[0].topic == ALERTS, "before what follows it"
    assert wrong_places("alert", orjson.loads(first[0].value)) == set()


def test_the_same_loss_has_the_same_id_after_a_crash_although_more_has_expired_by_then() -> None:
    ids = set()
    for until in (52, 60):
        judge = Judge(CATALOGUE, POLICY)
        judge.expired(replace(EXPIRED, until=Offset(until)))
        ids |= {alert.id for alert in alerts(outputs(judge, stored(accept(23), partition=3)))}

    assert ids == {"gap-PROD1--00000000000000000040.entries3.enricher"}


def test_a_record_that_cannot_be_read_does_not_use_the_alert_up(judge: Judge) -> None:
    judge.expired(EXPIRED)
    rejected = judge.process([StoredRecord(PLACE, Offset(52), b"", b"not JSON", "entry")])

    assert len(rejected.rejected) == 1
    assert len(alerts(outputs(judge, stored(accept(23), partition=3)))) == 1


def test_what_is_open_is_decided_as_cut_by_a_gap(judge: Judge) -> None:
    opened = outputs(judge, stored(accept(9476), partition=3))
    judge.expired(EXPIRED)

    verdicts = [decode_as(Verdict, one.value) for one in outputs(judge, stored(progress(), partition=3))
                if one.type == "verdict"]  # fmt: skip

    assert opened == []
    assert [(verdict.verdict, verdict.reason) for verdict in verdicts] == [("unknown", "gap")]


def test_a_partition_that_went_to_another_worker_is_told_of_there(judge: Judge) -> None:
    judge.expired(EXPIRED)
    judge.forget(PLACE)

    assert alerts(outputs(judge, stored(accept(23), partition=3))) == []
