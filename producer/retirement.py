"""The end of a system: a final progress record to every partition, and its positions marked."""

from collections.abc import Sequence
from datetime import UTC, datetime

from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.positions import BrokerPositions
from runtime.broker import Broker, Publisher
from runtime.errors import CheckFailed
from schemas.codec import CodecError, decode_as
from schemas.records import Position, Progress, changed
from schemas.topics import POSITIONS


def positions_of(broker: Broker, system: str) -> Sequence[Position]:
    """The newest position of each journal of the system. Raises CheckFailed where one cannot be read."""
    newest = {record.key: record.value for record in broker.read(POSITIONS)}
    try:
        found = [decode_as(Position, value) for value in newest.values() if value]
    except CodecError as error:
        raise CheckFailed(f"a stored position cannot be read ({error}); look at {POSITIONS}") from error
    return [position for position in found if position.system == system]


def retire(publisher: Publisher, position: Position) -> Position:
    """Fence whoever reads the journal, say that no more will come, and mark its position.

    The time of the last progress is that of what has been read, not the present.
    """
    positions = BrokerPositions(publisher, position.system, position.journal)
    publisher.claim()
    newest = positions.load() or position
    retired = changed(newest, retired=True, time=datetime.now(UTC))
    everywhere = Journal(newest.system, newest.journal, "", JournalClock(), newest.partitions)
    final = Progress(
        newest.system,
        newest.journal,
        newest.progress,
        False,
        newest.audit_levels,
        None,
        newest.partitions,
        True,
        audit_levels_asserted=newest.asserted_levels is not None,
    )
    publisher.publish([*everywhere.broadcast(final), positions.record(retired)])
    return retired
