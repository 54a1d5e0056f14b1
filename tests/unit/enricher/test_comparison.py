"""Two policies over the same records: exactly the connections that get another verdict are listed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from enricher.catalogue import load_catalogue
from enricher.comparison import Conclusion, Flip, Who, compare
from enricher.policy import Policy, Protocol
from enricher.policy_file import load_policy
from runtime.record import Offset, Partition, StoredRecord
from schemas.ids import entry_id
from schemas.reasons import Reason
from schemas.records import AnyRecord, DetailType, Direction, Entry, changed
from schemas.topics import ENTRIES
from tests.unit.enricher.samples import ACCEPT, TIME, accept, connect, progress, stored

CATALOGUE = load_catalogue()
OLD = load_policy(Path("ports"), CATALOGUE)
INSECURE = Conclusion("insecure", "not-in-secure-list")
SECURE = Conclusion("secure", "secure-port")


def journal(*records: AnyRecord) -> list[StoredRecord]:
    """Entries a second apart, with the ids of their places."""
    placed = [_placed(record, number) if isinstance(record, Entry) else record for number, record in enumerate(records)]
    return [stored(record, number) for number, record in enumerate(placed)]


def _placed(entry: Entry, number: int) -> Entry:
    time = entry.time + timedelta(seconds=number)
    one = entry_id(time.replace(tzinfo=None), entry.system, entry.receiver, number)
    return changed(entry, id=one, time=time, sequence=str(number))


SEEN = journal(
    accept(23),
    accept(992),
    accept(4711),
    accept(4711, "10.9.8.7"),
    accept(4711, "192.0.2.9"),
    connect(443),
    progress(seconds=60),
)


def handshake(entry: Entry, protocol: str) -> Entry:
    """The S entry of a connection, made within the same second."""
    return changed(entry, detail_type=DetailType.SECURE, secure_version=protocol, secure_properties=None)


def altered(**changes: object) -> Policy:
    return replace(OLD, **changes)  # type: ignore[arg-type]


def test_the_same_policy_flips_nothing() -> None:
    found = compare(SEEN, CATALOGUE, OLD, OLD)

    assert (found.connections, found.flips, found.other_reason) == (5, (), 0)
    assert (found.old_alerts, found.new_alerts, found.unreadable) == (4, 4, 0)
    assert found.levels_known


def test_connections_that_get_another_verdict_are_listed_by_whose_they_are_most_first() -> None:
    new = altered(secure_ports=OLD.secure_ports | {4711}, outbound=True)

    found = compare(SEEN, CATALOGUE, OLD, new)

    who = Who("PROD1", Direction.INBOUND, None, 4711, "10.9.8.7")
    outbound = Who("PROD1", Direction.OUTBOUND, "https", 443, "198.51.100.9")
    assert found.flips == (
        Flip(who, INSECURE, SECURE, 2, found.flips[0].example),
        Flip(who._replace(address="192.0.2.9"), INSECURE, SECURE, 1, found.flips[1].example),
        Flip(outbound, Conclusion("event", "outbound"), SECURE, 1, found.flips[2].example),
    )
    assert (found.flipped, found.connections) == (4, 6)
    assert (found.old_alerts, found.new_alerts) == (4, 1)


def test_ftp_data_goes_by_the_port_that_tells_it() -> None:
    seen = journal(*(connect(port, local_port=20) for port in (50001, 50002)), progress(seconds=60))

    (flip,) = compare(seen, CATALOGUE, OLD, altered(outbound=True)).flips

    assert flip.who == Who("PROD1", Direction.OUTBOUND, "ftp-data", 20, "198.51.100.9")


def test_the_example_is_the_first_of_its_sort() -> None:
    found = compare(SEEN, CATALOGUE, OLD, altered(secure_ports=OLD.secure_ports | {4711}))

    assert [flip.example[-3:] for flip in found.flips] == ["002", "004"]


def test_another_reason_alone_is_counted_and_is_no_flip() -> None:
    found = compare(SEEN, CATALOGUE, OLD, altered(cleartext_ports=OLD.cleartext_ports | {4711}))

    assert (found.flips, found.other_reason) == ((), 3)


def test_fewer_alerts_are_seen_without_any_flip() -> None:
    found = compare(SEEN, CATALOGUE, OLD, altered(alerts=frozenset({Reason.CLEARTEXT_PORT})))

    assert (found.flips, found.old_alerts, found.new_alerts) == ((), 4, 1)


@pytest.mark.parametrize(
    ("since", "until", "connections", "flipped"),
    [
        pytest.param(2, None, 3, 3, id="since"),
        pytest.param(None, 3, 3, 1, id="until, not included"),
        pytest.param(3, 4, 1, 1, id="both"),
        pytest.param(100, None, 0, 0, id="nothing there"),
    ],
)
def test_only_connections_of_the_span_count(
    since: int | None, until: int | None, connections: int, flipped: int
) -> None:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else TIME + timedelta(seconds=seconds)

    new = altered(secure_ports=OLD.secure_ports | {4711})

    found = compare(SEEN, CATALOGUE, OLD, new, since=moment(since), until=moment(until))

    assert (found.connections, found.flipped) == (connections, flipped)


def test_audit_levels_that_were_told_before_the_span_hold_in_it() -> None:
    evidence = load_policy(Path("default"), CATALOGUE)
    hour = timedelta(hours=1)
    late = changed(accept(992), time=TIME + hour)
    told = journal(progress(), changed(late, id=entry_id(late.time.replace(tzinfo=None), "PROD1", "AUDRCV0001", 1)))

    found = compare(told, CATALOGUE, OLD, evidence, since=TIME + hour)

    assert found.levels_known
    assert [flip.new.reason for flip in found.flips] == ["tls-expected"]


def test_what_cannot_be_read_is_counted_and_left_out() -> None:
    torn = StoredRecord(Partition(ENTRIES, 0), Offset(99), b"", b"{", ACCEPT.type)

    found = compare([*SEEN, torn], CATALOGUE, OLD, OLD)

    assert (found.connections, found.unreadable) == (5, 1)


def test_it_is_said_when_no_record_tells_the_audit_levels() -> None:
    found = compare(SEEN[:-1], CATALOGUE, OLD, OLD)

    assert (found.connections, found.levels_known) == (5, False)


EVIDENCE = load_policy(Path("default"), CATALOGUE)
TLS_IN_FTP = journal(progress(seconds=-1), accept(21), handshake(accept(21), "TLSV1.1"))


def test_evidence_counts_although_no_progress_follows_it() -> None:
    found = compare(TLS_IN_FTP, CATALOGUE, EVIDENCE, replace(EVIDENCE, weakest_protocol=Protocol.TLSV1_1))

    (flip,) = found.flips
    assert (flip.who.service, flip.old, flip.new, flip.connections) == (
        "ftp",
        Conclusion("insecure", "weak-protocol"),
        Conclusion("secure", "tls"),
        1,
    )


def test_a_connection_that_is_open_at_the_end_is_judged_without_its_handshake() -> None:
    found = compare(TLS_IN_FTP[:-1], CATALOGUE, OLD, EVIDENCE)

    assert (found.connections, found.flips, found.other_reason) == (1, (), 1)


def test_a_late_handshake_counts_once_as_corrected() -> None:
    records: list[AnyRecord] = [
        progress(seconds=-1),
        accept(23),
        progress(seconds=20),
        handshake(accept(23), "TLSV1.2"),
        progress(seconds=90),
    ]
    late = journal(*records)

    found = compare(late, CATALOGUE, OLD, EVIDENCE)

    (flip,) = found.flips
    assert (found.connections, flip.old.verdict, flip.new) == (1, "insecure", Conclusion("secure", "tls"))


@pytest.mark.parametrize("since", [pytest.param(1, id="the connection is in"), pytest.param(2, id="it is not")])
def test_facts_from_outside_a_span_count_for_connections_in_it(since: int) -> None:
    """The audit levels came before the span, the handshake comes after it."""
    start, end = TIME + timedelta(seconds=since), TIME + timedelta(seconds=2)

    found = compare(TLS_IN_FTP, CATALOGUE, OLD, EVIDENCE, since=start, until=end)

    assert found.connections == (1 if since == 1 else 0)
    assert found.levels_known
    assert found.other_reason == found.connections


def test_each_partition_is_followed_by_itself() -> None:
    moved = [record._replace(partition=Partition(ENTRIES, 3)) for record in TLS_IN_FTP]
    other = [record for record in journal(progress(seconds=-1), progress(seconds=60)) if record]

    found = compare([*other, *moved], CATALOGUE, OLD, EVIDENCE)

    assert (found.connections, found.other_reason) == (1, 1)
