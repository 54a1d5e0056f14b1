"""A row of the journal to an entry, or the reason why it can never be one. Pure: the same row gives the same answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from producer import layout
from producer.fields import (
    Address,
    Unreadable,
    read_address,
    read_descriptor,
    read_family,
    read_filter,
    read_port,
    read_text,
)
from producer.reader import JournalRow
from producer.socket_fields import SocketFields
from runtime.flow import Reason
from schemas.ids import entry_id
from schemas.records import DetailType, Entry

FAMILY, LOCAL_ADDRESS, REMOTE_ADDRESS = (
    layout.within(layout.ENDS, field) for field in (layout.ADDRESS_FAMILY, layout.LOCAL_ADDRESS, layout.REMOTE_ADDRESS)
)
MAIL = layout.FILTER_DESCRIPTION, layout.FILTER_LENGTH, layout.FILTER
REST = layout.MAC_ADDRESS, layout.HOST_NAME, layout.SECURE_VERSION, layout.SECURE_PROPERTIES
BACKFILL_AGE = timedelta(minutes=15)
DETAIL_TYPES: dict[str, DetailType] = {member.value: member for member in DetailType}
NEEDS_BOTH_ENDS = frozenset({DetailType.ACCEPT, DetailType.CONNECT, DetailType.SECURE, DetailType.FAILED_SECURE})


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What a row does not say itself.

    `journal` is like "QSYS/QAUDJRN", `to_utc` turns the partition's local time into UTC, `read_at_utc` is when the
    row was read: entries older than 15 minutes by then are backfill.
    """

    system: str
    journal: str
    reader: str
    to_utc: Callable[[datetime], datetime]
    read_at_utc: datetime


def decode(row: JournalRow, facts: EntryFacts) -> Entry | Reason:
    """The entry of an SK row, of any release and any length from 45 bytes on; fields that are not there are None."""
    try:
        return _entry(row, facts)
    except Unreadable as unreadable:
        return unreadable.reason


def utc_time(row: JournalRow, facts: EntryFacts) -> datetime:
    """When the row was written, UTC."""
    try:
        return facts.to_utc(row.timestamp)
    except (OverflowError, ValueError) as error:
        raise Unreadable("bad-timestamp", "the timestamp has no counterpart in UTC") from error


def journal_time(timestamp: datetime) -> str:
    """The time as the journal gives it, like `2026-11-22-02.15.00.123456`."""
    text = timestamp.isoformat(timespec="microseconds")
    return f"{text[:10]}-{text[11:13]}.{text[14:16]}.{text[17:26]}"


def _entry(row: JournalRow, facts: EntryFacts) -> Entry:
    raw, given = row.entry_data, row.fields
    fields = _fields(row.entry_type, raw) if given is None else given
    detail_type = _detail_type(row.entry_type, fields.detail_type)
    local = read_address(fields.local_address, "local")
    remote = read_address(fields.remote_address, "remote")
    local_port = read_port(fields.local_port, "local")
    remote_port = read_port(fields.remote_port, "remote")
    if detail_type in NEEDS_BOTH_ENDS:
        _require_both_ends(local, remote, local_port, remote_port)
    time = utc_time(row, facts)
    place = row.place
    return Entry(
        id=entry_id(row.timestamp, facts.system, place.receiver, place.sequence),
        system=facts.system,
        journal=facts.journal,
        receiver_library=place.receiver_library,
        receiver=place.receiver,
        sequence=str(place.sequence),
        time=time,
        journal_time=journal_time(row.timestamp),
        detail_type=detail_type,
        local_address=local.text if local else None,
        local_port=local_port,
        remote_address=remote.text if remote else None,
        remote_port=remote_port,
        address_family=read_family(fields.address_family, local and local.family, remote and remote.family),
        socket_descriptor=fields.socket_descriptor,
        secure_version=read_text(fields.secure_version),
        secure_properties=read_text(fields.secure_properties),
        mac_address=read_text(fields.mac_address),
        host_name=read_text(fields.host_name),
        filter_description=read_text(fields.filter_description),
        filter_data=fields.filter_data,
        job=_job(row),
        program=_program(row),
        user=row.user,
        entry_data_length=len(raw) if given is None else None,
        tail=_tail(raw[_end(raw) :]) if given is None else None,
        reader=facts.reader,
        backfill=facts.read_at_utc - time > BACKFILL_AGE,
    )


def _fields(entry_type: str, raw: bytes) -> SocketFields:
    """The fields that are wholly there."""
    _require_socket_entry(entry_type)
    if len(raw) < layout.SK_SHORTEST:
        raise Unreadable(
            "entry-data-too-short", f"the entry data has {len(raw)} bytes; at least {layout.SK_SHORTEST} are needed"
        )
    known = raw[: _end(raw)]
    head, ends = known[layout.HEAD].decode(layout.CCSID), known[layout.ENDS].decode(layout.CCSID)
    description, filter_data = _mail(known[layout.MAIL])
    return SocketFields(
        head[0],
        _address(ends[LOCAL_ADDRESS], head[layout.LOCAL_ADDRESS_SHORT]),
        head[layout.LOCAL_PORT],
        _address(ends[REMOTE_ADDRESS], head[layout.REMOTE_ADDRESS_SHORT]),
        head[layout.REMOTE_PORT],
        read_descriptor(known[layout.SOCKET_DESCRIPTOR]),
        ends[FAMILY],
        *_rest(known[layout.REST]),
        description,
        filter_data,
    )


@lru_cache(256)
def _mail(raw: bytes) -> tuple[str, str | None]:
    """Filter description and data; blank in all but a few entries."""
    description, length, data = (raw[layout.within(layout.MAIL, field)] for field in MAIL)
    is_whole = len(raw) >= layout.width(layout.MAIL)
    return description.decode(layout.CCSID), read_filter(length, data) if is_whole else None


@lru_cache(4096)
def _rest(raw: bytes) -> tuple[str, str, str, str]:
    """MAC address, host name, secure version and properties; they come again and again."""
    text = raw.decode(layout.CCSID)
    mac, host, version, properties = (text[layout.within(layout.REST, field)] for field in REST)
    return mac, host, version, properties


def _end(raw: bytes) -> int:
    return layout.end_of_whole_fields(len(raw)) if len(raw) < layout.SK_LENGTH else layout.SK_LENGTH


def _address(long: str, short: str) -> str:
    return long if long.strip(layout.PADDING) else short


def _require_socket_entry(entry_type: str) -> None:
    if entry_type != "SK":
        raise Unreadable("not-a-socket-entry", "only entries of type SK describe connections")


def _detail_type(entry_type: str, text: str) -> DetailType:
    _require_socket_entry(entry_type)
    detail_type = DETAIL_TYPES.get(text)
    if detail_type is None:
        raise Unreadable("unknown-detail-type", "the detailed entry type is none of A C D F I O P R S U X")
    return detail_type


def _require_both_ends(
    local: Address | None, remote: Address | None, local_port: int | None, remote_port: int | None
) -> None:
    if local is None or remote is None:
        raise Unreadable("no-address", "an entry of this type must have a local and a remote address")
    if local_port is None or remote_port is None:
        raise Unreadable("no-port", "an entry of this type must have a local and a remote port")


def _job(row: JournalRow) -> str | None:
    """`number/user/name`; a task of the licensed internal code has a name only."""
    if row.job_number and row.job_user and row.job_name:
        return f"{row.job_number}/{row.job_user}/{row.job_name}"
    return row.job_name or None


def _program(row: JournalRow) -> str | None:
    if row.program and row.program_library:
        return f"{row.program_library}/{row.program}"
    return row.program or None


def _tail(raw: bytes) -> str | None:
    """Bytes that the layout does not know, as hex; padding says nothing."""
    return raw.hex() if raw.strip(b"\x00\x40") else None
