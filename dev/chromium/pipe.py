"""The DevTools protocol over two pipes: JSON messages that end with a NUL, answers by number, events in between."""

import json
import os
import select
import time
from collections.abc import Mapping
from typing import Any

from dev.part import Failed

Message = dict[str, Any]


class Pipe:
    """`writes` and `reads` are the ends that Chromium does not have."""

    def __init__(self, writes: int, reads: int, seconds: float = 60) -> None:
        self.events: list[Message] = []
        self._writes = writes
        self._reads = reads
        self._seconds = seconds
        self._rest = b""
        self._number = 0

    def call(self, method: str, parameters: Mapping[str, object], session: str | None = None) -> Message:
        """The result of one call. Raises Failed with what the browser says, or when it says nothing in time."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": dict(parameters)}
        if session:
            message["sessionId"] = session
        try:
            os.write(self._writes, json.dumps(message).encode() + b"\0")
        except BrokenPipeError as error:
            raise Failed(f"chromium has ended, and {method} was asked for") from error
        while True:
            answer = self._next(method)
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise Failed(f"chromium refuses {method}: {answer['error'].get('message')}")
            else:
                return dict(answer["result"])

    def wait_for(self, method: str, session: str) -> None:
        """Return once an event of this name has come from that session."""
        while not any(event.get("method") == method and event.get("sessionId") == session for event in self.events):
            self.events.append(self._next(method))

    def close(self) -> None:
        os.close(self._writes)
        os.close(self._reads)

    def _next(self, waiting_for: str) -> Message:
        deadline = time.monotonic() + self._seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reads], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._reads, 1 << 16) if ready else b""
            if not piece:
                why = "has ended" if ready else f"said nothing for {self._seconds:.0f} s"
                raise Failed(f"chromium {why} while {waiting_for} was waited for")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(line))
