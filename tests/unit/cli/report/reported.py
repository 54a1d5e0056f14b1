"""Records to report on, for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.codec import encode
from schemas.ids import correction_id, entry_id
from schemas.records import (
    AnyRecord,
    DetailType,
    Direction,
    Endpoint,
    Event,
    EventId,
    Gap,
    Status,
    Tls,
    Verdict,
    VerdictKind,
    changed,
)
from tests.unit.enricher.samples import ACCEPT
from tests.unit.sinks.samples import VERDICT

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
AHEAD = timedelta(hours=1)
LEVELS = ("*NETSCK", "*NETSECURE", "*NETTELSVR")
SECURE: dict[str, Any] = {
    "verdict": VerdictKind.SECURE,
    "reason": "tls",
    "advice": None,
    "tls": Tls("TLSV1.2", "AES_128_GCM_SHA256"),
}


def verdict(number: int, time: datetime, address: str = "10.9.8.7", port: int = 23, **changes: Any) -> Verdict:
    """Of a system whose clock is an hour ahead of UTC; clear-text Telnet unless `changes` say something else."""
    local = time.replace(tzinfo=None) + AHEAD
    one = entry_id(local, "PROD1", "AUDRCV0001", number)
    made = changed(
        VERDICT,
        id=one,
        time=time,
        journal_time=f"{local:%Y-%m-%d-%H.%M.%S.%f}",
        source=Endpoint(address, 50_000 + number % 10_000),
        destination=Endpoint("10.1.1.5", port),
        evidence=(one,),
        sequence=str(number),
    )
    return changed(made, **changes)


def outbound(number: int, time: datetime, address: str, port: int, service: str) -> Verdict:
    ours, theirs = Endpoint("10.1.1.5", 50_000), Endpoint(address, port)
    made = verdict(number, time, service=service, source=ours, destination=theirs)
    return changed(made, direction=Direction.OUTBOUND, detail_type=DetailType.CONNECT)


def correction(first: Verdict, number: int = 1, **changes: Any) -> Verdict:
    """The `number`th correction, which makes it secure."""
    before = first.id if number == 1 else correction_id(first.id, number - 1)
    made = changed(first, id=correction_id(first.id, number), supersedes=before, **SECURE)
    return changed(made, **changes)


def status(time: datetime, levels: tuple[str, ...] | None = LEVELS) -> Status:
    one = EventId(f"{time:%Y%m%dT%H%M%S}000000-PROD1.status")
    return Status(one, "PROD1", time, time, True, levels, 0, 0.0, False)


def gap(time: datetime, count: int | None = 12) -> Gap:
    return Gap(EventId("gap-1"), "PROD1", "QSYS/QAUDJRN", None, None, "a receiver was deleted", count, time, 1)


def event(number: int, time: datetime, reason: str = "helper-port") -> Event:
    one = entry_id(time.replace(tzinfo=None), "PROD1", "AUDRCV0001", number)
    return Event(one, "PROD1", time, reason, None, changed(ACCEPT, id=one, time=time))


def dump(file: Path, records: Iterable[AnyRecord]) -> Path:
    """One record a line, as the file sink writes it."""
    file.write_bytes(b"".join(encode(record) + b"\n" for record in records))
    return file
