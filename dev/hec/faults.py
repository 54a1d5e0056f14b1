"""Scripted faults: a list of what goes wrong with the next requests, written as JSON by a test."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from dev.hec.settings import BadInput

ENDPOINTS = ("event", "raw", "ack", "health", "search")

_NUMBER = (int, float)
_KINDS: dict[str, tuple[type, ...]] = {
    "endpoint": (str,),
    "times": (int, type(None)),
    "status": (int,),
    "code": (int,),
    "number": (int,),
    "retry_after": _NUMBER,
    "delay_seconds": _NUMBER,
    "takes": (int,),
    "html": (int,),
    "reset": (bool,),
    "lose_ack": (bool,),
    "fatal": (str,),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to `times` requests (None: to all until cleared) to one endpoint, in place of the honest answer.

    A fault that names neither status, code, html nor reset leaves the answer honest and only delays it or loses its
    acknowledgement. A delay comes after the events were taken and before the answer.
    """

    endpoint: str = "event"
    times: int | None = 1
    status: int | None = None  # alone: an answer without a body
    code: int | None = None  # 24 and 25 are successes and take everything
    number: int | None = None  # the invalid-event-number beside the code
    retry_after: float | None = None
    delay_seconds: float = 0
    takes: int = 0  # so many good events are indexed all the same, before the fault is answered
    html: int | None = None  # the status of a page, as a proxy would send it
    reset: bool = False  # the connection is torn without an answer
    lose_ack: bool = False  # the acknowledgement of this request never turns true
    fatal: str | None = None  # an export that ends in the middle, with this message

    @property
    def is_honest(self) -> bool:
        """Whether the events are taken and answered as if nothing were wrong."""
        return self.status is None and self.code is None and self.html is None and not self.reset


def read_faults(script: object) -> list[Fault]:
    """Raises BadInput that names the fault and the key."""
    if not isinstance(script, list):
        raise BadInput("faults have to be a JSON list of objects")
    return [_fault(number, item) for number, item in enumerate(script)]


def _fault(number: int, item: object) -> Fault:
    if not isinstance(item, dict):
        raise BadInput(f"fault {number} has to be a JSON object")
    for key, value in item.items():
        _check(number, key, value)
    return Fault(**item)


def _check(number: int, key: str, value: object) -> None:
    if key not in _KINDS:
        raise BadInput(f"fault {number}: unknown key {key!r}; there are {', '.join(_KINDS)}")
    if not isinstance(value, _KINDS[key]) or (isinstance(value, bool) and bool not in _KINDS[key]):
        raise BadInput(f"fault {number}: {key!r} cannot be {value!r}")
    if key == "endpoint" and value not in ENDPOINTS:
        raise BadInput(f"fault {number}: unknown endpoint {value!r}; there are {', '.join(ENDPOINTS)}")


class FaultScript:
    """The faults still to come, in order, each endpoint on its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int | None]] = []

    def extend(self, faults: list[Fault]) -> None:
        with self._lock:
            self._left.extend((fault, fault.times) for fault in faults if fault.times != 0)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def take(self, endpoint: str) -> Fault | None:
        """The fault for this request, used up by one."""
        with self._lock:
            for place, (fault, times) in enumerate(self._left):
                if fault.endpoint != endpoint:
                    continue
                if times is not None and times <= 1:
                    del self._left[place]
                elif times is not None:
                    self._left[place] = (fault, times - 1)
                return fault
            return None

    def left(self) -> list[Mapping[str, object]]:
        """What is still to come, as it could be posted again."""
        with self._lock:
            return [_written(fault, times) for fault, times in self._left]


def _written(fault: Fault, times: int | None) -> Mapping[str, object]:
    usual = {field.name: field.default for field in fields(Fault)}
    changed = {key: value for key, value in asdict(fault).items() if value != usual[key]}
    return {**changed, "times": times}
