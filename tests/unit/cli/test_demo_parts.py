"""What the demo counts, when it is over, and what it never touches."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo.command import demo_environ
from cli.demo.folder import Folder
from cli.demo.picture import Picture
from cli.demo.report import report
from cli.demo.view import PlainView
from cli.demo.watch import Watch
from cli.running import running_of
from cli.settings import load
from runtime.broker import Broker, Subscription
from runtime.brokers import connect
from runtime.errors import ConfigError
from runtime.flow import Forgetful, Settled
from runtime.record import Offset, Partition, Record, StoredRecord
from runtime.settings import BrokerSettings
from schemas.codec import encode
from schemas.records import (
    AnyRecord,
    Basis,
    DetailType,
    Direction,
    Endpoint,
    EventId,
    Network,
    Progress,
    Severity,
    Verdict,
    VerdictKind,
)
from schemas.topics import ALERTS, ENTRIES, VERDICTS

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def verdict(
    number: int, kind: VerdictKind = VerdictKind.INSECURE, *, supersedes: int | None = None, address: str = "10.0.0.1"
) -> Verdict:
    return Verdict(
        id=EventId(f"v{number}"),
        verdict=kind,
        reason="cleartext-port" if kind is VerdictKind.INSECURE else "tls",
        basis=Basis.PORT,
        severity=Severity.HIGH,
        system="DEMO",
        time=NOON,
        journal_time="2026-11-02-13.00.00.000000",
        detail_type=DetailType.ACCEPT,
        direction=Direction.INBOUND,
        network=Network.EXTERNAL,
        transport="tcp",
        service="telnet",
        source=Endpoint(address, 50_000),
        destination=Endpoint("10.20.0.5", 23),
        evidence=(),
        tls=None,
        advice="Move this client to port 992 (telnet-tls).",
        policy="p",
        mode="ports",
        audit_levels=None,
        journal="QSYS/QAUDJRN",
        receiver="AUDRCV0001",
        sequence=str(number),
        reader="simulator",
        backfill=True,
        supersedes=None if supersedes is None else EventId(f"v{supersedes}"),
    )


def progress(*, final: bool) -> Progress:
    return Progress("DEMO", "QSYS/QAUDJRN", NOON, True, None, 0, 1, final=final)


def stored(topic: str, record: AnyRecord) -> StoredRecord:
    return StoredRecord(Partition(topic, 0), Offset(1), b"key", encode(record), record.type)


def picture_of(*verdicts: Verdict) -> Picture:
    picture = Picture()
    picture.add(stored(VERDICTS, one) for one in verdicts)
    return picture


def printed(picture: Picture) -> str:
    text = StringIO()
    report(picture, [Path("demo-output/verdicts.ndjson")], Console(file=text, width=110))
    return text.getvalue()


def test_a_correction_replaces_the_verdict_that_it_supersedes() -> None:
    picture = picture_of(verdict(1), verdict(2), verdict(3, VerdictKind.SECURE, supersedes=1))

    assert len(picture.connections) == 2
    assert picture.count(VerdictKind.INSECURE) == 1
    assert picture.corrections == 1


def test_the_report_counts_connections_and_names_addresses_with_what_to_do() -> None:
    verdicts = [verdict(1), verdict(2), verdict(3, address="198.51.100.7"), verdict(4, VerdictKind.SECURE)]

    text = printed(picture_of(*verdicts))

    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert rows[0].startswith(
        "4 connections of DEMO with 2 addresses between 2026-11-02 12:00 and 2026-11-02 12:00 UTC"
    )
    assert "3 insecure (75%), 0 unknown, 1 secure." in rows[0]
    assert "telnet - 4 - 4 3" in rows
    assert "cleartext-port the port only speaks clear text high 3" in rows
    addresses = [row for row in rows if "Move this client" in row]
    assert addresses == [
        "10.0.0.1 outside Move this client to port 992 (telnet-tls). 2",
        "198.51.100.7 outside Move this client to port 992 (telnet-tls). 1",
    ]
    assert "demo-output/verdicts.ndjson" in rows


def test_a_journal_without_connections_is_reported_as_such() -> None:
    assert printed(Picture()).startswith("No connection was seen.")


def test_in_a_pipe_the_view_is_one_line() -> None:
    text = StringIO()
    with PlainView(Console(file=text, width=80)) as view:
        view.show(picture_of(verdict(1)), {"enricher": 1_200, "file": 0})

    assert len(text.getvalue().splitlines()) == 1
    assert "1 verdicts, 1 insecure, 0 alerts; records to go: enricher 1,200, file 0" in text.getvalue()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    settings = BrokerSettings(url=f"sqlite:///{tmp_path / 'own.db'}")
    found = connect(settings, running_of("demo", load({})), batch_size=100)
    yield found
    found.close()


def publish(broker: Broker, records: Sequence[tuple[str, AnyRecord]]) -> None:
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish([Record(topic, b"key", encode(record), record.type) for topic, record in records])
    publisher.close()


def read_all(broker: Broker, service: str, topics: tuple[str, ...]) -> None:
    source = broker.source(Subscription(service, "w1", topics), Forgetful())
    while (batch := source.poll(0.0)) is not None:
        source.checkpoint(Settled(batch))
    source.close()


def test_it_is_settled_when_the_journal_ended_and_every_service_read_everything(broker: Broker) -> None:
    steps = []
    with Watch(broker, ["producer", "enricher", "file"]) as watch:
        publish(broker, [(VERDICTS, verdict(1)), (ENTRIES, progress(final=True))])
        steps.append((watch.behind(), watch.settled()))
        read_all(broker, "enricher", (ENTRIES,))
        read_all(broker, "file", (VERDICTS, ALERTS))
        steps.append((watch.behind(), watch.settled()))
        while watch.look(0.0):
            pass
        steps.append((watch.behind(), watch.settled()))

    assert steps == [
        ({"enricher": 1, "file": 1}, False),
        ({"enricher": 0, "file": 0}, False),
        ({"enricher": 0, "file": 0}, True),
    ]
    assert list(watch.picture.connections) == ["v1"]


def test_it_is_not_settled_while_the_journal_goes_on(broker: Broker) -> None:
    with Watch(broker, ["producer", "enricher"]) as watch:
        publish(broker, [(ENTRIES, progress(final=False))])
        read_all(broker, "enricher", (ENTRIES,))
        while watch.look(0.0):
            pass

        assert not watch.settled()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "verdicts.ndjson").write_text("mine")

    with pytest.raises(ConfigError, match="--output"), Folder(tmp_path):
        pass

    assert [file.name for file in tmp_path.iterdir()] == ["verdicts.ndjson"]


def test_a_demos_own_folder_is_used_again_and_only_its_own_files_are_replaced(tmp_path: Path) -> None:
    with Folder(tmp_path / "out") as folder:
        for name in ("verdicts.ndjson", "broker.db", "broker.db-wal", "notes.txt"):
            (folder.path / name).write_text("old")
        folder.log("file").write_text("old")

    with Folder(tmp_path / "out") as again:
        found = {file.name for file in again.path.iterdir()}

    assert found == {".sk2siem-demo", "notes.txt", "logs"}
    assert not again.log("file").exists()


def test_two_demos_never_share_a_folder(tmp_path: Path) -> None:
    with Folder(tmp_path), pytest.raises(ConfigError, match="another demo"), Folder(tmp_path):
        pass


def test_the_demos_services_get_the_settings_of_the_siem_and_none_of_the_broker(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "SK2SIEM_BROKER__URL": "kafka://broker.example.com:9092",
        "SK2SIEM_BROKER__PASSWORD": "x",
        "SK2SIEM_IBMI__SYSTEM": "prod.example.com",
        "SK2SIEM_SPLUNK__URL": "https://splunk.example.com:8088",
        "SK2SIEM_SPLUNK__TOKEN": "t0ken-t0ken",
        "SK2SIEM_ENRICHER__DNS__ENABLED": "true",
    }

    environ = demo_environ(given, Folder(tmp_path), 500)

    settings = load(environ)
    assert environ["PATH"] == "/bin"
    assert settings.broker.url == f"sqlite:///{tmp_path}/broker.db"
    assert settings.broker.password is None
    assert (settings.producer.reader, settings.simulator.entries) == ("simulator", 500)
    assert settings.ibmi.system == ""
    assert not settings.enricher.dns.enabled
    assert settings.splunk is not None
