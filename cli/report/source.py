"""Where a report reads: a file, the folder of the file sink, a broker, or the journal itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from cli.progress import Meter
from cli.records import read_file
from cli.report.coverage import Unsaid
from cli.report.findings import Item
from cli.report.judged import judged
from cli.report.unread import unread
from cli.running import running_of
from cli.settings import Settings
from enricher.ended import CONTEXT, Span
from runtime.brokers import connect
from runtime.errors import ConfigError
from runtime.record import StoredRecord
from runtime.service import Running
from runtime.settings import BrokerSettings
from schemas.codec import CodecError, decode
from schemas.lines import read_line
from schemas.records import AnyRecord, Audit, Entry, Gap, Progress, Status
from schemas.topics import ALERTS, VERDICTS

JOURNAL = "journal"
BROKER = "broker"
OFFLINE = ("file", "simulator")
"""Readers that ask no IBM i."""
SINK_FILES = ("verdicts*.ndjson*", "alerts*.ndjson*", "events*.ndjson*", "status*.ndjson*")
LOOK_LINES = 20
FORWARDED = Unsaid(
    "Files hold what was forwarded into them: what SK2SIEM_FILE__FORWARD left out, and entries that could not be read "
    "(`sk2siem dead-letters list`), are not in them."
)
ENTRIES_ALONE = Unsaid("Entries that could not be read (`sk2siem dead-letters list`) are not in a file of entries.")
OF_ENTRIES = (Entry, Progress, Audit, Gap)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: `name` in words; what it cannot say is complete once all of it has been read."""

    name: str
    records: Iterator[Item]
    unsaid: Sequence[Unsaid] = ()


def read(place: str, settings: Settings, running: Running, span: Span) -> Reading:
    """The records of a place. Raises ConfigError, here or while they are read, and Unavailable."""
    if place == JOURNAL:
        return _journal(settings, running, span)
    if place == BROKER or "://" in place:
        broker = settings.broker if place == BROKER else _broker_of(place, settings)
        unsaid = list[Unsaid]()
        records = _topics(settings.model_copy(update={"broker": broker}), running, span, unsaid)
        return Reading(f"{VERDICTS} of {broker.url}", records, unsaid)
    path = Path(place)
    if path.is_dir():
        return Reading(f"the files in {place}", _lines(_sink_files(path)), (_forwarded(path, settings),))
    if not path.exists():
        raise ConfigError(
            f"{place}: no such file; SOURCE is a file, a folder of the file sink, a broker's URL, `broker` or `journal`"
        )
    return _file(path, settings, running, span)


def _file(path: Path, settings: Settings, running: Running, span: Span) -> Reading:
    kind = _kind(path)
    if kind is None:
        return _saved_journal(path, settings, running, span)
    if kind in OF_ENTRIES:
        records = judged(read_file(path), settings.enricher, running, span)
        return Reading(f"the entries in {path}", records, (ENTRIES_ALONE,))
    return Reading(f"the file {path}", _lines([path]), (FORWARDED,))


def _kind(path: Path) -> type[AnyRecord] | None:
    """Of the first records; None where no line near the beginning is one."""
    try:
        with path.open("rb") as file:
            for line in islice(file, LOOK_LINES):
                try:
                    return type(read_line(line))
                except CodecError:
                    continue
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return None


def _lines(paths: Iterable[Path]) -> Iterator[AnyRecord | None]:
    """The records of files that may be larger than the memory."""
    paths = list(paths)
    with Meter("bytes", sum(path.stat().st_size for path in paths)) as meter:
        for path in paths:
            with path.open("rb") as file:
                for line in file:
                    meter.advance(len(line))
                    if line.strip():
                        yield _record_of(line)


def _record_of(line: bytes) -> AnyRecord | None:
    try:
        return read_line(line)
    except CodecError:
        return None


def _sink_files(folder: Path) -> list[Path]:
    files = [file for pattern in SINK_FILES for file in sorted(folder.glob(pattern)) if file.is_file()]
    if not files:
        raise ConfigError(f"{folder}: no verdicts.ndjson, alerts.ndjson, events.ndjson or status.ndjson in it")
    if compressed := [file.name for file in files if file.suffix in (".gz", ".zst", ".xz", ".bz2")]:
        raise ConfigError(f"{folder}: {', '.join(compressed)} must be decompressed first")
    return files


def _forwarded(folder: Path, settings: Settings) -> Unsaid:
    """Graver where the settings say that the sink of this very folder has a filter."""
    sink = settings.file
    if sink is None or sink.forward.takes_everything or Path(sink.path).resolve() != folder.resolve():
        return FORWARDED
    return Unsaid("What SK2SIEM_FILE__FORWARD leaves out is not in this folder: it is set here.", is_grave=True)


def _broker_of(url: str, settings: Settings) -> BrokerSettings:
    """With the certificates and the login that are configured."""
    try:
        return BrokerSettings.model_validate({**settings.broker.model_dump(), "url": url})
    except ValidationError as error:
        raise ConfigError(f"{url}: kafka://host:port,host:port or sqlite:///file expected") from error


def _topics(settings: Settings, running: Running, span: Span, unsaid: list[Unsaid]) -> Iterator[Item]:
    """Without an own beginning, dead letters count from the first record on: they are kept for longer than verdicts."""
    first = datetime.max.replace(tzinfo=UTC)
    broker = connect(settings.broker, running_of("report", settings), batch_size=settings.loop.batch_size)
    try:
        ends = broker.standings("report", (VERDICTS, ALERTS))
        with Meter("records", sum(standing.behind for standing in ends)) as meter:
            for topic in (ALERTS, VERDICTS):
                for record in broker.read(topic):
                    meter.advance()
                    if running.shutdown.requested:
                        return
                    if found := _decoded(record):
                        first = min(first, found.progress if isinstance(found, Status) else found.time)
                    yield found
        yield from unread(broker, span if span.since else span._replace(since=first), unsaid)
    finally:
        broker.close()


def _decoded(record: StoredRecord) -> AnyRecord | None:
    try:
        return decode(record.type, record.value)
    except CodecError:
        return None


def _journal(settings: Settings, running: Running, span: Span) -> Reading:
    from cli.services import service

    service("producer", settings)
    producer = settings.producer
    name = f"{producer.journal_library}/{producer.journal_name} of {producer.system}, by the reader {producer.reader}"
    return Reading(name, judged(_entries(settings, running, span), settings.enricher, running, span))


def _saved_journal(path: Path, settings: Settings, running: Running, span: Span) -> Reading:
    from cli.services import SERVICES

    producer = settings.producer.model_copy(update={"reader": "file", "file": path})
    settings = settings.model_copy(update={"producer": producer})
    if missing := SERVICES["producer"].missing(settings):
        raise ConfigError(
            f"{path} holds no records of sk2siem; if it is a saved journal, set {' and '.join(missing)}: a file does "
            "not say whose entries these are, nor what its local times mean"
        )
    entries = _entries(settings, running, span, called=str(path))
    name = f"the journal of {producer.system} saved in {path}"
    return Reading(name, judged(entries, settings.enricher, running, span))


def _entries(settings: Settings, running: Running, span: Span, *, called: str = "") -> Iterator[StoredRecord]:
    """Of the span and a little around it: TLS facts and audit levels of what is at its edges."""
    from producer.service import reading

    live = settings.producer.reader not in OFFLINE
    producer = settings.producer if live else settings.producer.model_copy(update={"read_share": 1.0})
    since = None if span.since is None else span.since - CONTEXT
    until = None if span.until is None else span.until + CONTEXT
    entries = reading(producer, settings.ibmi, settings.simulator, running, since=since, until=until, called=called)
    with Meter("entries") as meter:
        for entry in entries:
            meter.advance()
            yield entry
