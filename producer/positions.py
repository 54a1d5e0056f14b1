"""The port to the stored position of a journal, and its adapter over a broker's publisher."""

from dataclasses import dataclass
from typing import Protocol

from runtime.broker import Publisher
from runtime.errors import Halt
from runtime.record import Record, StoredRecord
from schemas.codec import CodecError, decode_as, encode
from schemas.records import Position
from schemas.topics import POSITIONS, position_key


def identity_of(system: str, journal: str) -> str:
    """Under which one process at a time publishes what is read of a journal."""
    return f"sk2siem.producer.{system}.{journal.replace('/', '.')}"


class PositionStore(Protocol):
    """Where the position lives: on the broker, so that it is stored in the same transaction as the records."""

    def load(self) -> Position | None:
        """The newest stored position; needs no claim. Raises Unavailable, or Halt where it cannot be read."""

    def glance(self) -> Position | None:
        """Like `load`, without waiting for transactions that are open now: it may be an older one."""

    def record(self, position: Position) -> Record:
        """The record that stores it, to be published with the entries it belongs to."""


@dataclass(frozen=True, slots=True)
class BrokerPositions:
    """The position of one journal on the compacted topic that all systems share."""

    publisher: Publisher
    system: str
    journal: str

    def load(self) -> Position | None:
        return self._decoded(self.publisher.newest(POSITIONS, position_key(self.system, self.journal)))

    def glance(self) -> Position | None:
        return self._decoded(self.publisher.glance(POSITIONS, position_key(self.system, self.journal)))

    def record(self, position: Position) -> Record:
        return Record(POSITIONS, position_key(position.system, position.journal), encode(position), Position.type)

    def _decoded(self, found: StoredRecord | None) -> Position | None:
        if found is None:
            return None
        try:
            return decode_as(Position, found.value)
        except CodecError as error:
            raise Halt(f"the stored position of {self.system} cannot be read ({error}); look at {POSITIONS}") from error
