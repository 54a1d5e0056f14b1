"""What is remembered of a connection from its accept or connect entry on, and of the handshakes that belong to it."""

from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from msgspec import Struct

from enricher.levels import Levels
from runtime.record import Offset
from schemas.ids import place_in
from schemas.reasons import Reason
from schemas.records import Basis, DetailType, Entry, EventId, Tls, VerdictKind

UNTOLD = "unknown"
"""For the protocol, where the entry names a cipher alone."""
Key = tuple[str | None, int | None, str | None, int | None]
"""Both ends, the local one first."""


class Finding(NamedTuple):
    """What one row of the verdict table says. `kind` is None where a connection gets no verdict but an event."""

    kind: VerdictKind | None
    reason: Reason
    basis: Basis
    detail: str | None = None


class Handshake(NamedTuple):
    """An S entry (`failed` is False) or an X entry."""

    id: EventId
    at: datetime
    failed: bool
    tls: Tls | None


class Origin(NamedTuple):
    """Where entries come from; many have the same."""

    system: str
    journal: str
    receiver: str
    reader: str


class Inherited(NamedTuple):
    """What connections before on the same ends have heard: when, and from which record on that can be rebuilt.

    `own_need` is what the connection itself needs.
    """

    own_need: Offset
    heard: tuple[tuple[datetime, Offset], ...]


class Connection(Struct, eq=False, gc=False):
    """One connection; hundreds of thousands are in memory at a time, so it holds no more than a verdict needs.

    `at` is the time that counts for windows, `offset` the record of its entry, `need` the one from which on this can be
    rebuilt, with all that it has `inherited`. `heard` is when the newest handshake came that belongs to it, whether it
    counts or not. `finding` is None while it is open. `levels` are those of its window as far as is known or,
    `levels_asserted`, as a setting says; `cut` says what ended it early; `told` are journal time and sequence where the
    id tells others.
    """

    id: EventId
    origin: Origin
    told: tuple[str, str] | None
    time: datetime
    detail_type: DetailType
    local_address: str | None
    local_port: int | None
    remote_address: str | None
    remote_port: int | None
    backfill: bool
    at: datetime
    offset: Offset
    need: Offset
    inherited: Inherited | None = None
    handshakes: tuple[Handshake, ...] = ()
    heard: datetime | None = None
    levels: Levels = None
    levels_asserted: bool = False
    cut: Reason | None = None
    finding: Finding | None = None
    corrections: int = 0

    @property
    def place(self) -> tuple[str, str]:
        """Journal time and sequence."""
        return self.told or place_in(self.id)

    @property
    def own_need(self) -> Offset:
        """From which record on it can be rebuilt without what it has inherited."""
        return self.need if self.inherited is None else self.inherited.own_need

    @property
    def key(self) -> Key:
        return self.local_address, self.local_port, self.remote_address, self.remote_port

    @property
    def is_secured(self) -> bool:
        """Whether an S entry was joined."""
        return any(not handshake.failed for handshake in self.handshakes)

    @property
    def has_failed(self) -> bool:
        """Whether an X entry was joined."""
        return any(handshake.failed for handshake in self.handshakes)


PORTS = tuple(range(65_536))
"""Each number once."""


def connection_of(entry: Entry, at: datetime, offset: Offset, need: Offset) -> Connection:
    """The connection that an entry opens. Texts that come again and again are kept once."""
    told = entry.journal_time, entry.sequence
    return Connection(
        entry.id,
        _origin(entry.system, entry.journal, entry.receiver, entry.reader),
        None if place_in(entry.id) == told else told,
        entry.time,
        entry.detail_type,
        None if entry.local_address is None else intern(entry.local_address),
        None if entry.local_port is None else PORTS[entry.local_port],
        None if entry.remote_address is None else intern(entry.remote_address),
        None if entry.remote_port is None else PORTS[entry.remote_port],
        entry.backfill,
        at,
        offset,
        need,
    )


def handshake_of(entry: Entry, at: datetime) -> Handshake:
    """The handshake that an S or X entry tells of."""
    return Handshake(entry.id, at, entry.detail_type is DetailType.FAILED_SECURE, _tls(entry))


def key_of(entry: Entry) -> Key:
    return entry.local_address, entry.local_port, entry.remote_address, entry.remote_port


def _tls(entry: Entry) -> Tls | None:
    """The first word of the properties is the cipher; signature algorithm and curve follow it."""
    words = (entry.secure_properties or "").split()
    if entry.detail_type is DetailType.FAILED_SECURE or not (entry.secure_version or words):
        return None
    return Tls(intern(entry.secure_version or UNTOLD), intern(words[0]) if words else None)


_origin = lru_cache(1024)(Origin)
