"""How often the double was asked what, and what it said: figures for tests and benchmarks."""

import threading
from collections import Counter

from dev.hec.answers import Answer


class Counts:
    """Since the start, or since they were cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._requests: Counter[str] = Counter()
            self._answers: Counter[str] = Counter()
            self._request_bytes = 0
            self._faults = 0

    def add(self, endpoint: str, *, request_bytes: int, answer: Answer) -> None:
        said = "reset" if answer.reset else str(answer.status)
        with self._lock:
            self._requests[endpoint] += 1
            self._answers[said if answer.code is None else f"{said}/{answer.code}"] += 1
            self._request_bytes += request_bytes

    def add_fault(self) -> None:
        with self._lock:
            self._faults += 1

    def document(self) -> dict[str, object]:
        """Requests by endpoint, answers by `status/code`, bytes as they came over the wire, faults that happened."""
        with self._lock:
            return {
                "requests": dict(self._requests),
                "answers": dict(self._answers),
                "request_bytes": self._request_bytes,
                "faults": self._faults,
            }
