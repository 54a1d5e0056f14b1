"""Servers of the benchmarks with something waiting in them: Kafka with records, the IBM i double with entries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from kafka.admin import MemberToRemove

from bench.prepared import SERVICE, journal_entries
from cli.running import running_of
from cli.settings import Settings, load
from dev.ibmi import Ibmi
from dev.kafka import Kafka
from dev.part import free_port
from runtime.broker import Publisher
from runtime.kafka import KafkaBroker
from runtime.kafka.client import Clients
from runtime.record import Record
from schemas.topics import all_topics

PORTION = 5_000
LOADED_AT_ONCE = 50_000
REPEATED = 50_000
LONG_AGO = datetime(2026, 1, 1)


@contextmanager
def kafka(folder: Path, records: Iterator[Record], waiting: int) -> Iterator[Kafka]:
    """A Kafka on data in `folder`; `waiting` records stand in it, published when the folder is new."""
    is_new = not folder.exists()
    with Kafka(free_port(), folder) as server:
        if is_new:
            _publish(server, islice(records, waiting))
        yield server


@contextmanager
def ibmi(folder: Path, waiting: int) -> Iterator[Ibmi]:
    """An IBM i double whose journal has `waiting` entries."""
    with Ibmi(free_port(), folder) as double:
        entries = journal_entries(waiting)
        while portion := list(islice(entries, LOADED_AT_ONCE)):
            double.control.append(portion)
        yield double


@contextmanager
def long_ibmi(folder: Path, waiting: int) -> Iterator[Ibmi]:
    """The same, one receiver, a millisecond between entries: the first ones over and over, within the double."""
    with Ibmi(free_port(), folder) as double:
        attached, base = double.control.attached(), min(waiting, REPEATED)
        double.control.append(
            entry._replace(
                receiver=attached.receiver, sequence=number, timestamp=LONG_AGO + number * timedelta(milliseconds=1)
            )
            for number, entry in enumerate(journal_entries(base), attached.last_sequence + 1)
        )
        double.control.repeat(waiting // base - 1)
        yield double


def forget_group(settings: Mapping[str, str], service: str, workers: Sequence[str] = ()) -> None:
    """Let the next worker of `service` begin at the beginning: the static members go, and with them the offsets.

    Those are `workers`, or the one that the settings name.
    """
    loaded = load(settings)
    members = [MemberToRemove(group_instance_id=worker) for worker in workers or (loaded.worker,)]
    admin = clients(loaded).admin()
    group = f"sk2siem.{service}"
    try:
        admin.remove_group_members(group, members)
        admin.delete_groups([group])
    finally:
        admin.close()


def clients(settings: Settings) -> Clients:
    """The product's own Kafka clients, for a program that is none of its services."""
    servers = tuple(settings.broker.url.removeprefix("kafka://").split(","))
    return Clients(settings.broker, servers, settings.worker)


@contextmanager
def publisher_of(server: Kafka) -> Iterator[Publisher]:
    """Whoever fills the topics; they exist behind this."""
    settings = load({**SERVICE, **server.exports()})
    broker = KafkaBroker(settings.broker, running_of("bench", settings), batch_size=1)
    broker.ensure(all_topics())
    publisher = broker.publisher("sk2siem.bench")
    publisher.claim()
    yield publisher
    publisher.close()
    broker.close()


def _publish(server: Kafka, records: Iterator[Record]) -> None:
    with publisher_of(server) as publisher:
        while portion := list(islice(records, PORTION)):
            publisher.publish(portion)
