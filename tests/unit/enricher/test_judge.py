"""The judge settles every record of its topic; rebuilt from where it asked, it says what it would have said."""

from itertools import pairwise

import orjson
import pytest

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy_file import PORTS, load_policy
from enricher.status import REACH
from runtime.flow import Rejection
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import decode
from schemas.records import AnyRecord, Audit, EventId, Gap, Status
from schemas.topics import ALERTS, ENTRIES, VERDICTS
from tests.unit.enricher.samples import ACCEPT, LEVELS, PARTITIONS, TIME, accept, connect, home, progress, stored
from tests.unit.schemas.validation import wrong_places

CATALOGUE = load_catalogue()
POLICY = load_policy(PORTS, CATALOGUE)
HOME = home("PROD1")
PLACE = Partition(ENTRIES, HOME)
GAP = Gap(EventId("gap-PROD1-AUDRCV0001-00000000000000000001"), "PROD1", "QAUDJRN", None, None, "pruned", 3, TIME, 6)
AUDIT = Audit(ACCEPT.id, "PROD1", "QAUDJRN", "QGPL", "AUDRCV0001", "2", TIME, "QAUDLVL", "*NETSCK", "*NONE", (), 6)


def make_judge(metrics: Metrics | None = None) -> Judge:
    return Judge(CATALOGUE, POLICY, metrics=metrics)


def outputs_of(*records: StoredRecord) -> list[Record]:
    outcome = make_judge().process(records)
    assert not outcome.rejected
    return list(outcome.outputs)


def read(record: Record) -> AnyRecord:
    return decode(record.type, record.value)


@pytest.mark.parametrize(
    ("item", "outputs"),
    [
        pytest.param(stored(accept(992)), [(VERDICTS, "verdict")], id="secure: a verdict"),
        pytest.param(stored(accept(23)), [(VERDICTS, "verdict"), (ALERTS, "alert")], id="insecure: verdict and alert"),
        pytest.param(stored(accept(449)), [(VERDICTS, "event")], id="helper: an event"),
        pytest.param(stored(connect(23)), [(VERDICTS, "event")], id="outbound: an event"),
        pytest.param(stored(progress(), partition=HOME), [(VERDICTS, "status")], id="progress: a status"),
        pytest.param(stored(GAP, partition=HOME), [(ALERTS, "alert")], id="gap: an alert"),
        pytest.param(stored(AUDIT, partition=HOME), [(ALERTS, "alert")], id="audit: an alert about what is gone"),
    ],
)
def test_each_record_brings_what_it_means(item: StoredRecord, outputs: list[tuple[str, str]]) -> None:
    assert [(record.topic, record.type) for record in outputs_of(item)] == outputs


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(stored(accept(23)), id="verdict and alert"),
        pytest.param(stored(accept(23, None)), id="of an unknown address"),
        pytest.param(stored(accept(449)), id="event"),
        pytest.param(stored(progress(), partition=HOME), id="status"),
        pytest.param(stored(progress(final=True), partition=HOME), id="last status"),
        pytest.param(stored(GAP, partition=HOME), id="gap alert"),
    ],
)
def test_what_is_published_is_what_the_contract_says(item: StoredRecord) -> None:
    published = outputs_of(item)

    assert published
    assert [wrong_places(record.type, orjson.loads(record.value)) for record in published] == [set()] * len(published)


def test_outputs_keep_the_key_and_the_partition_number_of_their_input() -> None:
    item = stored(accept(23), partition=4)._replace(key=b"PROD1|10.9.8.7")

    assert [(record.key, record.partition) for record in outputs_of(item)] == [(b"PROD1|10.9.8.7", 4)] * 2


def broken(value: bytes, kind: str = "entry") -> StoredRecord:
    return StoredRecord(Partition(ENTRIES, 0), Offset(7), b"key", value, kind)


@pytest.mark.parametrize(
    ("item", "code", "message"),
    [
        pytest.param(broken(b""), "corrupt-record", "entry: not JSON: ", id="empty"),
        pytest.param(broken(b"\xff"), "corrupt-record", "entry: not JSON: ", id="not text"),
        pytest.param(broken(b"{}"), "corrupt-record", "entry: id: missing", id="a field is missing"),
        pytest.param(broken(b"[]"), "corrupt-record", "entry: record: expected object, got array", id="not an object"),
        pytest.param(
            broken(b'{"version": 2}'), "corrupt-record", "entry: version: this release reads", id="later version"
        ),
        pytest.param(broken(b"{}", "progress"), "corrupt-record", "progress: system: missing", id="progress"),
        pytest.param(broken(b"{}", "gap"), "corrupt-record", "gap: id: missing", id="gap"),
        pytest.param(broken(b"{}", "rumour"), "unknown-type", "the header `type` names no record", id="unknown type"),
        pytest.param(
            broken(b"{}", "verdict"), "unknown-type", "the header `type` names no record", id="type of a result"
        ),
        pytest.param(broken(b"{}", ""), "unknown-type", "the header `type` names no record", id="no type"),
    ],
)
def test_a_record_that_cannot_be_read_is_rejected_and_the_others_are_judged(
    item: StoredRecord, code: str, message: str
) -> None:
    before, after = stored(accept(992)), stored(accept(992))

    outcome = make_judge().process([before, item, after])

    (rejection,) = outcome.rejected
    assert isinstance(rejection, Rejection)
    assert rejection.item is item
    assert rejection.reason.code == code
    assert rejection.reason.message.startswith(message)
    assert [record.type for record in outcome.outputs] == ["verdict", "verdict"]
    assert not outcome.deferred


@pytest.mark.parametrize(
    ("field", "what"),
    [
        pytest.param("time", "invalid RFC3339 encoded datetime", id="time"),
        pytest.param("detail_type", "not one of the values allowed", id="detail type"),
    ],
)
def test_the_reason_of_a_rejection_names_the_field_but_not_the_value(field: str, what: str) -> None:
    document = orjson.loads(stored(accept(23)).value)
    item = broken(orjson.dumps({**document, field: "secret-10.9.8.7"}))

    (rejection,) = make_judge().process([item]).rejected

    assert rejection.reason.message == f"entry: {field}: {what}"


def test_only_the_copy_on_the_systems_own_partition_raises_status_and_alerts() -> None:
    records: list[AnyRecord] = [progress(), AUDIT, GAP]
    copies = [
        stored(record, offset, partition=number)
        for offset, record in enumerate(records)
        for number in range(PARTITIONS)
    ]

    published = outputs_of(*copies)

    assert [(record.type, record.partition) for record in published] == [
        ("status", HOME),
        ("alert", HOME),
        ("alert", HOME),
    ]


def test_a_status_says_how_far_the_journal_was_read_and_how_late() -> None:
    (record,) = outputs_of(stored(progress(seconds=60), partition=HOME))

    status = read(record)

    assert isinstance(status, Status)
    assert status.id == "20261122T021500000000-PROD1.status"
    assert (status.progress, status.at_end, status.audit_levels, status.lag_entries) == (
        progress(seconds=60).time,
        True,
        LEVELS,
        0,
    )
    assert status.lag_seconds == pytest.approx(2, abs=0.001)
    assert (status.time - status.progress).total_seconds() == pytest.approx(status.lag_seconds, abs=0.001)


def status_ids(published: list[Record]) -> list[str]:
    return [str(orjson.loads(record.value)["id"]) for record in published if record.type == "status"]


def test_a_system_has_one_status_in_five_minutes_of_journal_time() -> None:
    records = [stored(progress(seconds=5 * n), n, partition=HOME) for n in range(150)]

    assert status_ids(outputs_of(*records)) == [
        "20261122T021500000000-PROD1.status",
        "20261122T022000000000-PROD1.status",
        "20261122T022500000000-PROD1.status",
    ]


def test_progress_that_falls_back_says_nothing_again() -> None:
    seconds = [0, 301, 299, 0, 302, 600]

    records = [stored(progress(seconds=at), n, partition=HOME) for n, at in enumerate(seconds)]

    assert status_ids(outputs_of(*records)) == [
        "20261122T021500000000-PROD1.status",
        "20261122T022000000000-PROD1.status",
        "20261122T022500000000-PROD1.status",
    ]


def test_a_retired_system_says_so_at_once_and_is_needed_no_more() -> None:
    judge = make_judge()

    outcome = judge.process([stored(progress(seconds=n, final=n == 2), n, partition=HOME) for n in range(3)])

    assert status_ids(list(outcome.outputs)) == [
        "20261122T021500000000-PROD1.status",
        "20261122T021500000000-PROD1.final",
    ]
    assert judge.needed_from(PLACE) is None


def test_the_newest_progress_of_each_system_is_needed() -> None:
    judge = make_judge()
    other = next(name for name in map("SYS{}".format, range(100)) if home(name) == HOME)

    judge.process([stored(progress(other), 10, partition=HOME)])
    judge.process([stored(progress(seconds=n), 20 + n, partition=HOME) for n in range(5)])

    assert judge.needed_from(PLACE) == 10
    judge.process([stored(progress(other, seconds=9), 30, partition=HOME)])
    assert judge.needed_from(PLACE) == 24


def test_nothing_is_needed_of_entries_of_other_partitions_or_after_forgetting() -> None:
    judge = make_judge()

    judge.process([stored(accept(23), 1, partition=HOME), stored(progress(), 2, partition=(HOME + 1) % PARTITIONS)])
    assert judge.needed_from(PLACE) is None
    judge.process([stored(progress(), 3, partition=HOME)])
    assert judge.needed_from(PLACE) == 3
    judge.forget(PLACE)

    assert judge.needed_from(PLACE) is None


def test_a_system_that_fell_silent_does_not_make_rebuilds_longer_for_ever() -> None:
    judge = make_judge()
    other = next(name for name in map("SYS{}".format, range(100)) if home(name) != HOME)

    judge.process([stored(progress(), 5, partition=HOME), stored(progress(other), 5 + REACH, partition=HOME)])
    assert judge.needed_from(PLACE) == 5
    judge.process([stored(progress(other, seconds=1), 6 + REACH, partition=HOME)])

    assert judge.needed_from(PLACE) == 6 + REACH


def journal() -> list[StoredRecord]:
    """Two systems on one partition, one that falls back, retires and comes again, among entries and corrupt records."""
    other = next(name for name in map("SYS{}".format, range(100)) if home(name) == HOME)
    records: list[AnyRecord] = []
    for n in range(24):
        records += [progress(seconds=61 * n), accept(23 if n % 2 else 992)]
        records += [progress(other, seconds=47 * n - n % 3 * 90)] if not 11 < n < 15 else []
        records += [progress(other, seconds=47 * n, final=True)] if n == 11 else []
    made = [stored(record, 3 * n, partition=HOME) for n, record in enumerate(records)]
    return [record._replace(value=b"{") if n % 17 == 16 else record for n, record in enumerate(made)]


JOURNAL = journal()


def run(cuts: list[int]) -> list[Record]:
    """Each stretch between two cuts by a new judge, rebuilt from what the one before it needed."""
    published: list[Record] = []
    needed: Offset | None = None
    for start, end in pairwise([0, *cuts, len(JOURNAL)]):
        judge = make_judge()
        judge.rebuild(PLACE, [record for record in JOURNAL[:start] if needed is not None and record.offset >= needed])
        published += judge.process(JOURNAL[start:end]).outputs
        needed = judge.needed_from(PLACE)
    return published


UNBROKEN = run([])


@pytest.mark.parametrize("cut", range(len(JOURNAL) + 1))
def test_a_restart_anywhere_publishes_the_same_as_an_unbroken_run(cut: int) -> None:
    assert run([cut]) == UNBROKEN


@pytest.mark.parametrize("every", [1, 2, 5, 9])
def test_restart_after_restart_publishes_the_same_as_an_unbroken_run(every: int) -> None:
    assert run(list(range(0, len(JOURNAL), every))) == UNBROKEN


def test_the_run_has_status_records_of_both_systems_each_once() -> None:
    ids = status_ids(UNBROKEN)

    assert len({status.rpartition("-")[2] for status in ids}) >= 3
    assert len(ids) >= 8
    assert len(set(ids)) == len(ids)


def test_a_rebuild_replaces_what_was_remembered() -> None:
    judge = make_judge()
    judge.process([stored(progress(seconds=3000), 9, partition=HOME)])

    judge.rebuild(PLACE, [stored(progress(), 1, partition=HOME)])

    published = judge.process(
        [stored(progress(seconds=299), 2, partition=HOME), stored(progress(seconds=301), 3, partition=HOME)]
    )
    assert status_ids(list(published.outputs)) == ["20261122T022000000000-PROD1.status"]


def test_verdicts_are_counted_by_verdict_and_reason() -> None:
    metrics = Metrics("enricher")

    make_judge(metrics).process([stored(accept(23)), stored(accept(23)), stored(accept(992)), stored(accept(449))])

    assert metrics.value("verdicts_total", verdict="insecure", reason="cleartext-port") == 2
    assert metrics.value("verdicts_total", verdict="secure", reason="secure-port") == 1
