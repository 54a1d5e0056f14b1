"""The records that travel between the services, as frozen structs; JSON field names are the names here.

No record can be part of a cycle (`gc=False`), and one is made, read or written several times for every entry: a frozen
dataclass takes twice to six times as long (see docs/decisions/0007).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

EventId = NewType("EventId", str)
Moment = Annotated[datetime, Meta(tz=True)]
"""A point in time with its zone; UTC in all records."""


class DetailType(StrEnum):
    """The detailed entry type of an SK entry (IBM i 7.3 SK layout, ESD position 1)."""

    ACCEPT = "A"
    CONNECT = "C"
    DHCP_ASSIGNED = "D"
    FILTERED_MAIL = "F"
    INBOUND_UDP = "I"
    OUTBOUND_UDP = "O"
    PORT_UNAVAILABLE = "P"
    REJECTED_MAIL = "R"
    SECURE = "S"
    DHCP_NOT_ASSIGNED = "U"
    FAILED_SECURE = "X"


class VerdictKind(StrEnum):
    SECURE = "secure"
    INSECURE = "insecure"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Basis(StrEnum):
    """What a verdict stands on."""

    EVIDENCE = "evidence"
    PORT = "port"
    POLICY = "policy"


class Severity(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertKind(StrEnum):
    VERDICT = "verdict"
    CORRECTION = "correction"
    GAP = "gap"
    AUDITING = "auditing"
    EXCEPTION = "exception"


class Direction(StrEnum):
    """Seen from the system: inbound was accepted, outbound was opened by it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    UNKNOWN = "unknown"


class Network(StrEnum):
    """Where the other end is: in the policy's own networks or not."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Entry(Struct, frozen=True, gc=False):
    """One SK entry, decoded. Addresses are normalised (IPv4-mapped IPv6 unwrapped); what is unknown is None."""

    type: ClassVar[str] = "entry"

    id: EventId
    system: str
    journal: str
    receiver_library: str
    receiver: str
    sequence: str
    time: Moment
    journal_time: str
    detail_type: DetailType
    local_address: str | None
    local_port: int | None
    remote_address: str | None
    remote_port: int | None
    address_family: str | None
    socket_descriptor: int | None
    secure_version: str | None
    secure_properties: str | None
    mac_address: str | None
    host_name: str | None
    filter_description: str | None
    filter_data: str | None
    job: str | None
    program: str | None
    user: str | None
    entry_data_length: int | None
    tail: str | None
    reader: str
    backfill: bool
    version: int = 1


class Progress(Struct, frozen=True, gc=False):
    """Everything up to `time` (journal time, UTC) has been read and published.

    `partitions` is how many partitions the system's records are spread over, in each record that goes to all of them.
    `loss_after_seconds` and `loss_before_seconds` are set in a record that warns: unread entries will be deleted not
    before the one and probably before the other. `audit_levels_asserted`: nobody knows them, a setting vouches for
    them. `unaudited_connections` is set in a record that warns: so many are on the system, and none in the journal.
    """

    type: ClassVar[str] = "progress"

    system: str
    journal: str
    time: Moment
    at_end: bool
    audit_levels: tuple[str, ...] | None
    lag_entries: int | None
    partitions: int
    final: bool = False
    loss_after_seconds: int | None = None
    loss_before_seconds: int | None = None
    audit_levels_asserted: bool = False
    unaudited_connections: int | None = None
    version: int = 1


class Audit(Struct, frozen=True, gc=False):
    """An SV entry that changed the audit levels, at its own place among the SK entries."""

    type: ClassVar[str] = "audit"

    id: EventId
    system: str
    journal: str
    receiver_library: str
    receiver: str
    sequence: str
    time: Moment
    system_value: str
    old_value: str
    new_value: str
    audit_levels: tuple[str, ...] | None
    partitions: int
    audit_levels_asserted: bool = False
    version: int = 1


class JournalPlace(Struct, frozen=True, gc=False):
    """A place in a journal as it travels: the sequence is text, it can exceed 2**53."""

    receiver_library: str
    receiver: str
    sequence: str


class Gap(Struct, frozen=True, gc=False):
    """Entries that can no longer be read, between two readable places; they are older than `resumed`, where that is
    known.
    """

    type: ClassVar[str] = "gap"

    id: EventId
    system: str
    journal: str
    after: JournalPlace | None
    until: JournalPlace | None
    why: str
    count: int | None
    time: Moment
    partitions: int
    version: int = 1
    resumed: Moment | None = None


class Position(Struct, frozen=True, gc=False):
    """The last entry processed of one journal of one system; the newest record of its key counts.

    `receiver_attached` is when the receiver was attached, as the journal gives it: a name can be used again.
    `asserted_levels` is what the setting said where `audit_levels` rest on it.
    """

    type: ClassVar[str] = "position"

    system: str
    journal: str
    receiver_library: str
    receiver: str
    sequence: str
    partitions: int
    worker: str
    time: Moment
    progress: Moment
    audit_levels: tuple[str, ...] | None
    rejections: tuple[int, int, int] = (0, 0, 0)
    receiver_attached: str | None = None
    retired: bool = False
    asserted_levels: tuple[str, ...] | None = None
    version: int = 1


class Endpoint(Struct, frozen=True, gc=False):
    """One end of a connection. `name` is from reverse DNS, `name_status` says what that name is worth."""

    address: str | None
    port: int | None
    name: str | None = None
    name_status: str | None = None


class Tls(Struct, frozen=True, gc=False):
    """What an S entry says of the handshake."""

    protocol: str
    cipher: str | None


class Verdict(Struct, frozen=True, gc=False):
    """What is concluded about one connection. The source is always the side that opened it.

    `detail` adds to the reason: `after-failed-handshake`, `catalogue-wrong` (TLS on a port listed as clear text).
    """

    type: ClassVar[str] = "verdict"

    id: EventId
    verdict: VerdictKind
    reason: str
    basis: Basis
    severity: Severity
    system: str
    time: Moment
    journal_time: str
    detail_type: DetailType
    direction: Direction
    network: Network | None
    transport: str
    service: str | None
    source: Endpoint
    destination: Endpoint
    evidence: tuple[EventId, ...]
    tls: Tls | None
    advice: str | None
    policy: str
    mode: str
    audit_levels: tuple[str, ...] | None
    journal: str
    receiver: str
    sequence: str
    reader: str
    backfill: bool
    supersedes: EventId | None = None
    detail: str | None = None
    audit_levels_asserted: bool = False
    version: int = 1


class Event(Struct, frozen=True, gc=False):
    """An entry that gets no verdict (DHCP, mail, port unavailable, helper ports): kept and forwarded as it is."""

    type: ClassVar[str] = "event"

    id: EventId
    system: str
    time: Moment
    reason: str
    service: str | None
    entry: Entry
    version: int = 1


class Status(Struct, frozen=True, gc=False):
    """A sign of life of one system, every five minutes of journal time; its absence is what pages."""

    type: ClassVar[str] = "status"

    id: EventId
    system: str
    time: Moment
    progress: Moment
    at_end: bool
    audit_levels: tuple[str, ...] | None
    lag_entries: int | None
    lag_seconds: float
    final: bool
    audit_levels_asserted: bool = False
    version: int = 1


class Alert(Struct, frozen=True, gc=False):
    """What pages somebody: a verdict that the policy raises, or the pipeline's own (gap, auditing, exception).

    `id` is the id of what it alerts about; `connection` is the verdict, None where the alert is not about one.
    """

    type: ClassVar[str] = "alert"

    id: EventId
    kind: AlertKind
    verdict: VerdictKind | None
    reason: str
    severity: Severity
    title: str
    description: str
    advice: str | None
    system: str
    time: Moment
    connection: Verdict | None
    version: int = 1


S = TypeVar("S", bound=Struct)

AnyRecord = Entry | Progress | Audit | Gap | Position | Verdict | Event | Status | Alert
RECORDS: dict[str, type[AnyRecord]] = {
    kind.type: kind for kind in (Entry, Progress, Audit, Gap, Position, Verdict, Event, Status, Alert)
}


def changed(record: S, **fields: Any) -> S:
    """The same record with other values in some of its fields."""
    return replace(record, **fields)
