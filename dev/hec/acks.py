"""Indexer acknowledgement: ids from 0 in each channel, `true` told once, all of it forgotten with the process."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_channel(text: str) -> bool:
    """Whether this can name a channel: a GUID."""
    return _GUID.fullmatch(text) is not None


@dataclass(slots=True)
class _Channel:
    next_id: int = 0
    ready_at: dict[int, float] = field(default_factory=dict)


class Acks:
    """Which requests of which channel have been indexed and not been asked about yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._channels: dict[str, _Channel] = {}

    def open(self, channel: str, *, delay_seconds: float = 0) -> int:
        """A new id; it turns true `delay_seconds` from now."""
        with self._lock:
            state = self._channels.setdefault(channel, _Channel())
            ack_id, state.next_id = state.next_id, state.next_id + 1
            state.ready_at[ack_id] = self._clock() + delay_seconds
            return ack_id

    def lose(self, channel: str, ack_id: int) -> None:
        """This id never turns true."""
        with self._lock:
            self._channels.setdefault(channel, _Channel()).ready_at.pop(ack_id, None)

    def poll(self, channel: str, ack_ids: Iterable[int]) -> dict[int, bool]:
        """What is indexed; false means pending, unknown, told before, lost or of another channel."""
        with self._lock:
            ready_at = self._channels.get(channel, _Channel()).ready_at
            return {ack_id: self._tell(ready_at, ack_id) for ack_id in ack_ids}

    def _tell(self, ready_at: dict[int, float], ack_id: int) -> bool:
        if ready_at.get(ack_id, float("inf")) > self._clock():
            return False
        del ready_at[ack_id]
        return True
