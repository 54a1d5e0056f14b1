"""The words of the loop: a batch, what a stage says of it, and the two ports that differ between services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from runtime.record import Offset, Partition, Record, StoredRecord

T = TypeVar("T")

RECENT = 1000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item can never succeed: a constant code for metrics, a sentence for people (no payload in it)."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejection(Generic[T]):
    """An item that can never succeed, and why."""

    item: T
    reason: Reason


@dataclass(frozen=True, slots=True)
class Tally:
    """Items received and rejected of late, and rejected in a row. Stored with the position, so a restart keeps it.

    `batches` only grows: of several stored tallies of one worker, the one with the most is the newest.
    """

    received: int = 0
    rejected: int = 0
    in_a_row: int = 0
    batches: int = 0

    def after(self, items: Sequence[object], rejected: Sequence[Rejection[T]]) -> "Tally":
        """This tally with one more batch. Older counts fade: past RECENT items, both are halved."""
        bad = {id(rejection.item) for rejection in rejected}
        in_a_row = self.in_a_row
        for item in items if bad else ():
            in_a_row = in_a_row + 1 if id(item) in bad else 0
        received, lost = self.received + len(items), self.rejected + len(bad)
        while received > RECENT:
            received, lost = received // 2, lost // 2
        if items and not bad:
            in_a_row = 0
        return Tally(received, lost, in_a_row, self.batches + 1)


NO_TALLY = Tally()


def newest(tallies: Iterable[Tally]) -> Tally:
    """The newest of what was stored with several positions."""
    return max(tallies, key=lambda tally: tally.batches, default=NO_TALLY)


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What one poll brought. `position` is opaque: only its source knows what it means. It may have no items."""

    items: Sequence[T]
    position: object
    tally: Tally = NO_TALLY


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a stage says of the items it was given: each is accepted unless it is rejected or deferred.

    `why` says in words for the operator what some are deferred for; empty where that needs no words.
    """

    outputs: Sequence[Record] = ()
    rejected: Sequence[Rejection[T]] = ()
    deferred: Sequence[T] = ()
    retry_after: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settled(Generic[T]):
    """A batch whose every item has its fate; `tally` includes it."""

    batch: Batch[T]
    outputs: Sequence[Record] = ()
    rejected: Sequence[Rejection[T]] = ()
    tally: Tally = NO_TALLY


@dataclass(frozen=True, slots=True)
class Expired:
    """Records of a partition that were deleted before they were read: reading stopped before `since`, None where that
    is not known, and goes on with `until`, the first one that is there."""

    partition: Partition
    since: Offset | None
    until: Offset

    @property
    def count(self) -> int | None:
        """How many; None where it is not known."""
        return None if self.since is None else self.until - self.since

    @property
    def offset(self) -> Offset:
        """The offset that tells this loss from others: the same at every try where it is known."""
        return self.until if self.since is None else self.since


class Source(Protocol[T]):
    """Where a service reads. Called by the loop only, from one thread."""

    def poll(self, timeout: float) -> Batch[T] | None:
        """The next batch, or None when none comes within `timeout` seconds. Raises Unavailable, BatchLost, Halt."""

    def keep_alive(self) -> None:
        """Called while a batch waits, about every 200 ms; raises BatchLost when the claim on it is gone."""

    def checkpoint(self, settled: Settled[T]) -> None:
        """Make outputs, dead letters and position durable: all or nothing.

        Raises Unavailable when nothing was done, BatchLost when the outcome is not known, Halt when fenced.
        """

    def abandon(self) -> None:
        """Back to the committed position; a memory is rebuilt."""

    def close(self) -> None:
        """Let go; never checkpoints, never raises."""


class Stage(Protocol[T]):
    """What a service does with a batch. It sends nothing to the broker itself: it returns what to publish."""

    def process(self, items: Sequence[T]) -> Outcome[T]:
        """Settle each item. Raises Unavailable when none could be; anything else that escapes is a bug."""


class Memory(Protocol):
    """What a stage remembers of a partition between batches; it can always be rebuilt from the broker."""

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        """Forget the partition and remember these, by the same code as live, with outputs suppressed.

        `undecided_from` is given where the memory was built under another policy: from that record on, outcomes may
        not have been published, so they are owed, and go out with the next batch.
        """

    def expired(self, expired: Expired) -> None:
        """Said before the next record of the partition, and again after a rebuild until a checkpoint is behind it."""

    def forget(self, partition: Partition) -> None:
        """The partition went to another worker."""

    def needed_from(self, partition: Partition) -> Offset | None:
        """The oldest record it still depends on; None when nothing before the next one matters."""

    def undecided_from(self, partition: Partition) -> Offset | None:
        """The oldest record whose outcome is still open; None when none is."""


class Forgetful:
    """The memory of a stage that remembers nothing."""

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        pass

    def expired(self, expired: Expired) -> None:
        pass

    def forget(self, partition: Partition) -> None:
        pass

    def needed_from(self, partition: Partition) -> Offset | None:
        return None

    def undecided_from(self, partition: Partition) -> Offset | None:
        return None
