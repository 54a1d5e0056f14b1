"""Stages that are easy to reason about: one that remembers, one that does not."""

from collections.abc import Iterable, Iterator, Sequence

from runtime.errors import Unavailable
from runtime.flow import Expired, Forgetful, Outcome, Reason, Rejection
from runtime.record import Offset, Partition, Record, StoredRecord
from tests.fakes.script import Crash

BAD = b"bad"
REASON = Reason("bad-value", "the value is one that this stage rejects")
Mood = str | frozenset[int]
"""What one call of `process` does: `unavailable`, `crash`, or defer the items of these indexes.

Stages that run one after the other may share an iterator of moods; when it has ended, nothing is deferred.
"""


class EchoStage(Forgetful):
    """Publishes every record again and remembers nothing; rejects values that start with BAD."""

    def __init__(self, output: str, moods: Iterable[Mood] = ()) -> None:
        self._output = output
        self._moods = iter(moods)

    def process(self, items: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        later = _next_mood(self._moods)
        now = [item for index, item in enumerate(items) if index not in later]
        return Outcome(
            outputs=[_output(self._output, item.key, item.value) for item in now if not _is_bad(item)],
            rejected=[Rejection(item, REASON) for item in now if _is_bad(item)],
            deferred=[item for index, item in enumerate(items) if index in later],
        )


class CountingStage:
    """Counts the records of each key and publishes a count record, which names their offsets, for every n-th one.

    As every stage that remembers, it settles a partition in order: behind a deferred record it defers the rest.
    """

    def __init__(self, every: int, output: str, moods: Iterable[Mood] = ()) -> None:
        self._every = every
        self._output = output
        self._moods = iter(moods)
        self._counts: dict[Partition, Counts] = {}

    def process(self, items: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        outputs: list[Record] = []
        rejected: list[Rejection[StoredRecord]] = []
        deferred: list[StoredRecord] = []
        later = _next_mood(self._moods)
        blocked: set[Partition] = set()
        for index, item in enumerate(items):
            if index in later or item.partition in blocked:
                blocked.add(item.partition)
                deferred.append(item)
            elif _is_bad(item):
                rejected.append(Rejection(item, REASON))
            else:
                counted = self._counts.setdefault(item.partition, Counts(self._every)).add(item)
                outputs.extend(_output(self._output, item.key, count_value(item.partition, each)) for each in counted)
        return Outcome(outputs, rejected, deferred)

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        counts = self._counts[partition] = Counts(self._every)
        for record in records:
            if not _is_bad(record):
                counts.add(record)

    def expired(self, expired: Expired) -> None:
        """Counted is what was read."""

    def forget(self, partition: Partition) -> None:
        self._counts.pop(partition, None)

    def needed_from(self, partition: Partition) -> Offset | None:
        counts = self._counts.get(partition)
        return counts.since if counts else None

    def undecided_from(self, partition: Partition) -> Offset | None:
        return None


class Counts:
    """Unfinished counts of one partition. `since` is the first record after the last moment when there were none."""

    def __init__(self, every: int) -> None:
        self.since: Offset | None = None
        self._every = every
        self._unfinished: dict[bytes, list[Offset]] = {}

    def add(self, record: StoredRecord) -> list[list[Offset]]:
        """The offsets of the count that this record finished, if it did."""
        if self.since is None:
            self.since = record.offset
        offsets = self._unfinished.setdefault(record.key, [])
        offsets.append(record.offset)
        if len(offsets) < self._every:
            return []
        del self._unfinished[record.key]
        if not self._unfinished:
            self.since = None
        return [offsets]


def count_value(partition: Partition, offsets: Sequence[int]) -> bytes:
    return f"{partition.number}:{','.join(map(str, offsets))}".encode()


def _output(topic: str, key: bytes, value: bytes) -> Record:
    return Record(topic, key, value, "output")


def _is_bad(record: StoredRecord) -> bool:
    return record.value.startswith(BAD)


def _next_mood(moods: Iterator[Mood]) -> frozenset[int]:
    mood = next(moods, frozenset[int]())
    if mood == "crash":
        raise Crash
    if mood == "unavailable":
        raise Unavailable("the fake stage cannot work now")
    assert isinstance(mood, frozenset)
    return mood
