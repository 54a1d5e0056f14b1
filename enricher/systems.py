"""What is remembered of each system, partition by partition: connections, audit levels, and how far it was read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from enricher.join import Join
from runtime.record import Offset, Partition

REACH = 100_000


@dataclass(slots=True)
class System:
    """One system on one partition. `read_until` is its last progress, `missing` the audit levels that it lacks (None:
    not known), `newest` its newest record."""

    join: Join
    newest: Offset
    read_until: datetime | None = None
    missing: frozenset[str] | None = None


class Systems:
    """Everything that can be rebuilt from the record at `needed_from` on.

    A system that was silent for REACH records is given up: a dead producer must not make every rebuild read for days.
    """

    def __init__(self, make: Callable[[Offset], Join]) -> None:
        self._make = make
        self._systems: dict[Partition, dict[str, System]] = {}

    def of(self, partition: Partition, name: str, offset: Offset) -> System:
        """The system that the record at `offset` is about."""
        systems = self._systems.get(partition)
        if systems is None:
            systems = self._systems[partition] = {}
        system = systems.get(name)
        if system is None:
            system = systems[name] = System(self._make(offset), offset)
        system.newest = offset
        return system

    def on(self, partition: Partition) -> Iterator[System]:
        """All of the partition."""
        yield from self._systems.get(partition, {}).values()

    def drop(self, partition: Partition, name: str) -> None:
        """It is retired."""
        self._systems.get(partition, {}).pop(name, None)

    def drop_silent(self, partition: Partition, offset: Offset) -> Iterator[System]:
        """Those of which nothing came for too long."""
        systems = self._systems.get(partition, {})
        for name in [name for name, system in systems.items() if offset - system.newest > REACH]:
            yield systems.pop(name)

    def forget(self, partition: Partition) -> None:
        self._systems.pop(partition, None)

    def needed_from(self, partition: Partition) -> Offset | None:
        return min((system.join.needed_from for system in self.on(partition)), default=None)

    def undecided_from(self, partition: Partition) -> Offset | None:
        undecided = (system.join.undecided_from for system in self.on(partition))
        return min((offset for offset in undecided if offset is not None), default=None)

    @property
    def size(self) -> int:
        """How many connections are remembered."""
        return sum(system.join.size for partition in self._systems for system in self.on(partition))

    @property
    def open_windows(self) -> int:
        return sum(system.join.open_windows for partition in self._systems for system in self.on(partition))
