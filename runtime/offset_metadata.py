"""What is stored with a committed offset: of constant size, and enough to rebuild a memory."""

from dataclasses import dataclass

import orjson

from runtime.flow import Tally
from runtime.record import Offset

NO_TALLY = Tally()


@dataclass(frozen=True, slots=True)
class OffsetMetadata:
    """`low` is the oldest record that the memory still depends on; `policy` the hash it was built with."""

    low: Offset | None = None
    policy: str = ""
    tally: Tally = NO_TALLY

    def dump(self) -> str:
        tally = [self.tally.received, self.tally.rejected, self.tally.in_a_row, self.tally.batches]
        return orjson.dumps({"v": 1, "low": self.low, "policy": self.policy, "rejected": tally}).decode()


def load(text: str | None) -> OffsetMetadata:
    """The metadata, or the empty one where another tool committed the offset."""
    try:
        document = orjson.loads(text or "")
        return OffsetMetadata(document["low"], document["policy"], Tally(*document["rejected"]))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return OffsetMetadata()
