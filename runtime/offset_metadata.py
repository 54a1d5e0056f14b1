"""What is stored with a committed offset: of constant size, and enough to rebuild a memory."""

from dataclasses import dataclass
from typing import Self

import orjson

from runtime.flow import Memory, Tally
from runtime.record import Offset, Partition

NO_TALLY = Tally()


@dataclass(frozen=True, slots=True)
class OffsetMetadata:
    """`low` is the oldest record that the memory still depends on; `policy` the hash it was built with.

    `open` is the oldest record whose outcome was not published by then.
    """

    low: Offset | None = None
    policy: str = ""
    tally: Tally = NO_TALLY
    open: Offset | None = None

    @classmethod
    def of(cls, memory: Memory, partition: Partition, *, policy: str, tally: Tally) -> Self:
        """What the memory says of the partition as it is."""
        return cls(memory.needed_from(partition), policy, tally, memory.undecided_from(partition))

    def undecided_from(self, policy: str) -> Offset | None:
        """What has to be decided again where the policy is another one now."""
        return None if policy == self.policy else self.open

    def dump(self) -> str:
        tally = [self.tally.received, self.tally.rejected, self.tally.in_a_row, self.tally.batches]
        document = {"v": 1, "low": self.low, "policy": self.policy, "rejected": tally, "open": self.open}
        return orjson.dumps(document).decode()


def load(text: str | None) -> OffsetMetadata:
    """The metadata, or the empty one where another tool committed the offset."""
    try:
        document = orjson.loads(text or "")
        tally = Tally(*document["rejected"])
        return OffsetMetadata(document["low"], document["policy"], tally, document.get("open"))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return OffsetMetadata()
