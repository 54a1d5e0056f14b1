"""The connections that were open before their opening could be read: the journal has only new ones."""

import zlib
from collections.abc import Collection
from datetime import UTC, datetime

from cli.netstat.look import Seen
from producer.decode import journal_time
from producer.receivers import Chain
from runtime.broker import Broker
from runtime.record import Record
from schemas.codec import encode
from schemas.ids import open_id
from schemas.records import DetailType, Direction, Entry, Event
from schemas.topics import VERDICTS, entry_key, partition_of

ALREADY_OPEN = "already-open"
READER = "netstat"


def publish(broker: Broker, system: str, journal: str, chain: Chain, seen: Collection[Seen], partitions: int) -> None:
    """An event for each, at the place where the journal ends now. Raises Unavailable."""
    events = [_event(one, system, journal, chain) for one in seen]
    publisher = broker.publisher(f"sk2siem.netstat.{system}")
    try:
        publisher.claim()
        publisher.publish([_record(event, partitions) for event in events])
    finally:
        publisher.close()


def _event(seen: Seen, system: str, journal: str, chain: Chain) -> Event:
    """In the form of the entry that its opening would have been; `reader` says that it was not one."""
    socket, place, now = seen.socket, chain.newest.end, datetime.now(UTC)
    one = open_id(chain.read_at, system, f"{zlib.crc32(repr(seen.ends).encode()):010d}")
    owner = socket.owners[0] if socket.owners else None
    entry = Entry(
        id=one,
        system=system,
        journal=journal,
        receiver_library=place.receiver_library,
        receiver=place.receiver,
        sequence=str(place.sequence),
        time=now,
        journal_time=journal_time(chain.read_at),
        detail_type=DetailType.CONNECT if seen.opinion.direction is Direction.OUTBOUND else DetailType.ACCEPT,
        local_address=socket.local_address,
        local_port=socket.local_port,
        remote_address=socket.remote_address,
        remote_port=socket.remote_port,
        address_family="*IPV6" if ":" in (socket.remote_address or "") else "*IPV4",
        socket_descriptor=None,
        secure_version=None,
        secure_properties=None,
        mac_address=None,
        host_name=seen.name.text if seen.name else None,
        filter_description=None,
        filter_data=None,
        job=owner.job if owner else None,
        program=None,
        user=owner.profile if owner else None,
        entry_data_length=None,
        tail=None,
        reader=READER,
        backfill=False,
    )
    return Event(one, system, now, ALREADY_OPEN, seen.opinion.service, entry)


def _record(event: Event, partitions: int) -> Record:
    key = entry_key(event.system, event.entry.remote_address)
    return Record(VERDICTS, key, encode(event), event.type, partition_of(key, partitions))
