"""Entries and records to judge, for tests."""

from datetime import UTC, datetime, timedelta

from runtime.record import Offset, Partition, StoredRecord
from schemas.codec import encode
from schemas.ids import entry_id
from schemas.records import AnyRecord, DetailType, Entry, Progress, changed
from schemas.topics import ENTRIES, partition_of

TIME = datetime(2026, 11, 22, 2, 15, 0, 123456, tzinfo=UTC)
PARTITIONS = 6
LEVELS = ("*NETSCK", "*NETSECURE", "*NETTELSVR")
ACCEPT = Entry(
    id=entry_id(TIME.replace(tzinfo=None), "PROD1", "AUDRCV0001", 184467),
    system="PROD1",
    journal="QAUDJRN",
    receiver_library="QGPL",
    receiver="AUDRCV0001",
    sequence="184467",
    time=TIME,
    journal_time="2026-11-22-02.15.00.123456",
    detail_type=DetailType.ACCEPT,
    local_address="10.1.1.5",
    local_port=23,
    remote_address="10.9.8.7",
    remote_port=50123,
    address_family="*IPV4",
    socket_descriptor=3,
    secure_version=None,
    secure_properties=None,
    mac_address=None,
    host_name=None,
    filter_description=None,
    filter_data=None,
    job=None,
    program=None,
    user=None,
    entry_data_length=1070,
    tail=None,
    reader="simulator",
    backfill=False,
)


def accept(local_port: int | None, remote_address: str | None = "10.9.8.7", local_address: str = "10.1.1.5") -> Entry:
    return changed(ACCEPT, local_port=local_port, remote_address=remote_address, local_address=local_address)


def connect(remote_port: int | None, remote_address: str = "198.51.100.9", local_port: int = 40001) -> Entry:
    return changed(
        ACCEPT,
        detail_type=DetailType.CONNECT,
        local_port=local_port,
        remote_address=remote_address,
        remote_port=remote_port,
    )


def progress(system: str = "PROD1", *, seconds: float = 0, final: bool = False) -> Progress:
    return Progress(system, "QAUDJRN", TIME + timedelta(seconds=seconds), True, LEVELS, 0, 6, final)


def home(system: str) -> int:
    """The partition whose copy of a broadcast record counts."""
    return partition_of(system.encode(), PARTITIONS)


def stored(record: AnyRecord, offset: int = 0, *, partition: int = 0) -> StoredRecord:
    """Taken by the broker two seconds after its time."""
    taken = int((record.time + timedelta(seconds=2)).timestamp() * 1000)
    key = f"{record.system}|10.9.8.7".encode()
    return StoredRecord(Partition(ENTRIES, partition), Offset(offset), key, encode(record), record.type, (), taken)
