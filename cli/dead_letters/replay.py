"""Publishing dead letters again, each exactly once, whatever happens in between."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from cli.dead_letters.letters import DeadLetter, mark
from runtime.broker import Broker, Publisher
from runtime.record import Record
from schemas.topics import partition_of

IDENTITY = "sk2siem.dead-letters"
BATCH = 500
BATCH_BYTES = 1_048_576


@dataclass(slots=True)
class Replay:
    """`claim` first: whoever replays at the same time is fenced then, so what is read afterwards is complete."""

    broker: Broker
    publisher: Publisher
    _counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def on(cls, broker: Broker) -> "Replay":
        return cls(broker, broker.publisher(IDENTITY))

    def claim(self) -> None:
        self.publisher.claim()

    def publish(self, letters: Sequence[DeadLetter], done: Callable[[int], None]) -> None:
        """Each batch is one transaction: the original records, and the mark that they were published again.

        Raises what the publisher raises; what is done is marked, so the same call again goes on from there.
        """
        for batch in _batches(letters):
            marks = [mark([one for one in batch if one.service == service], service) for service in _services(batch)]
            self.publisher.publish([*(self._original(letter) for letter in batch), *marks])
            done(len(batch))

    def close(self) -> None:
        self.publisher.close()

    def _original(self, letter: DeadLetter) -> Record:
        """As it was: key, value and type, without the headers of the dead letter, on its own partition."""
        assert letter.origin is not None
        topic, number = letter.origin
        count = self._partitions(topic)
        return Record(
            topic,
            letter.key,
            letter.value,
            letter.original_type,
            number if number < count else partition_of(letter.key, count),
        )

    def _partitions(self, topic: str) -> int:
        if topic not in self._counts:
            self._counts[topic] = self.broker.partitions(topic)
        return self._counts[topic]


def _services(batch: Sequence[DeadLetter]) -> Sequence[str]:
    return tuple(dict.fromkeys(letter.service for letter in batch))


def _batches(letters: Sequence[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
    batch: list[DeadLetter] = []
    size = 0
    for letter in letters:
        if batch and (len(batch) == BATCH or size + len(letter.value) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += len(letter.value)
    if batch:
        yield batch
