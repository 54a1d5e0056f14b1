"""The reading half of the fake broker: a group whose members share partitions, and one member's source."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtime.broker import Subscription
from runtime.dead_letters import dead_letter
from runtime.errors import BatchLost, Fenced, Unavailable
from runtime.flow import Batch, Expired, Memory, Settled, Tally
from runtime.record import Offset, Partition, StoredRecord

if TYPE_CHECKING:
    from tests.fakes.broker import FakeBroker

GHOST = "a member that never works"


@dataclass(frozen=True, slots=True)
class Committed:
    next_offset: int
    low: Offset | None
    undecided: Offset | None = None
    policy: str = ""


@dataclass(slots=True)
class Group:
    """Members by name, and what is durable about the group. A new generation means that partitions may have moved."""

    generation: int = 0
    members: dict[str, object] = field(default_factory=dict)
    committed: dict[Partition, Committed] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def join(self, worker: str, member: object) -> None:
        """A member of the same name is replaced, and fenced from then on."""
        self.members[worker] = member
        self.generation += 1

    def leave(self, worker: str, member: object) -> None:
        if self.members.get(worker) is member:
            del self.members[worker]
            self.generation += 1

    def rebalance(self) -> None:
        """A ghost comes and takes its share, or goes; in either case partitions move."""
        if self.members.pop(GHOST, None) is None:
            self.members[GHOST] = object()
        self.generation += 1

    def share_of(self, worker: str, partitions: list[Partition]) -> list[Partition]:
        """Turns with the generation, so that over time every member meets every partition."""
        names = sorted(self.members)
        turn = (names.index(worker) + self.generation) % len(names)
        return partitions[turn :: len(names)]


class FakeSource:
    """One member of a group. It joins with its first poll; all its calls read the broker's script."""

    def __init__(self, broker: "FakeBroker", subscription: Subscription, memory: Memory) -> None:
        self._broker = broker
        self._subscription = subscription
        self._memory = memory
        self._group = broker.group(subscription.service)
        self._joined = False
        self._generation = -1
        self._next: dict[Partition, int] = {}

    def poll(self, timeout: float) -> Batch[StoredRecord] | None:
        return self._broker.script.play(lambda: self._poll(timeout), self._group.rebalance)

    def keep_alive(self) -> None:
        """A broker that is away is no news here: the port lets only BatchLost through."""
        try:
            self._broker.script.play(self._assert_claim, self._group.rebalance)
        except Unavailable:
            self._assert_claim()

    def checkpoint(self, settled: Settled[StoredRecord]) -> None:
        self._broker.script.play(lambda: self._checkpoint(settled), self._group.rebalance)

    def abandon(self) -> None:
        self._broker.script.play(self._forget_generation, self._group.rebalance)

    def close(self) -> None:
        self._group.leave(self._subscription.worker, self)

    def _poll(self, timeout: float) -> Batch[StoredRecord] | None:
        if not self._joined:
            self._group.join(self._subscription.worker, self)
            self._joined = True
        if self._broker.script.calm and GHOST in self._group.members:
            self._group.rebalance()
        self._assert_identity()
        if self._generation != self._group.generation:
            self._restore()
            return None
        batch = self._fetch()
        if batch is None:
            self._broker.wait(timeout)
        return batch

    def _fetch(self) -> Batch[StoredRecord] | None:
        """Records of all owned partitions; no records but a moved position where only holes are left."""
        records: list[StoredRecord] = []
        positions: dict[Partition, int] = {}
        for partition, start in list(self._next.items()):
            start = self._behind_what_expired(partition, start)
            end = min(self._broker.end(partition), start + self._broker.batch_size - len(records))
            if end > start:
                records.extend(self._broker.between(partition, start, end))
                positions[partition] = end
        return Batch(records, positions, self._group.tally) if positions else None

    def _behind_what_expired(self, partition: Partition, start: int) -> int:
        first = self._broker.first(partition)
        if start < first:
            self._memory.expired(Expired(partition, Offset(start), Offset(first)))
            self._next[partition] = first
        return max(start, first)

    def _checkpoint(self, settled: Settled[StoredRecord]) -> None:
        self._assert_claim()
        service = self._subscription.service
        letters = [dead_letter(rejection.item, rejection.reason, service) for rejection in settled.rejected]
        positions = settled.batch.position
        assert isinstance(positions, dict)
        self._broker.append([*settled.outputs, *letters])
        for partition, offset in positions.items():
            low, undecided = self._memory.needed_from(partition), self._memory.undecided_from(partition)
            self._group.committed[partition] = Committed(offset, low, undecided, self._subscription.policy)
        self._group.tally = settled.tally
        self._next.update(positions)

    def _restore(self) -> None:
        """What went to others is forgotten, what is owned goes back to the committed offset."""
        self._generation = self._group.generation
        owned = self._group.share_of(self._subscription.worker, self._broker.partitions_of(self._subscription.topics))
        for partition in self._next.keys() - set(owned):
            self._memory.forget(partition)
        self._next = {}
        for partition in owned:
            found, first = self._group.committed.get(partition), self._broker.first(partition)
            committed = found if found and found.next_offset >= first else Committed(first, None)
            low = committed.next_offset if committed.low is None else committed.low
            undecided = None if committed.policy == self._subscription.policy else committed.undecided
            self._memory.rebuild(partition, self._broker.between(partition, low, committed.next_offset), undecided)
            self._next[partition] = committed.next_offset
            since = Offset(found.next_offset) if found else None
            if (since or 0) < first:
                self._memory.expired(Expired(partition, since, Offset(first)))

    def _forget_generation(self) -> None:
        self._assert_identity()
        self._generation = -1

    def _assert_claim(self) -> None:
        self._assert_identity()
        if self._generation != self._group.generation:
            raise BatchLost("the partitions moved")

    def _assert_identity(self) -> None:
        if self._joined and self._group.members.get(self._subscription.worker) is not self:
            raise Fenced(f"another process runs as {self._subscription.worker}")
