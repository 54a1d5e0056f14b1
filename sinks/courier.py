"""Carries rendered events in requests of bounded size, several at a time, and settles each event by the answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from runtime.errors import Unavailable
from runtime.flow import Outcome, Reason, Rejection
from runtime.logs import log
from runtime.record import StoredRecord
from sinks.judgement import Judgement, Receipt

Post = Callable[[Sequence[bytes]], Judgement]
Keep = Callable[[Receipt, Sequence[StoredRecord]], None]
Places = Sequence[int]
"""Of the events of one request, within their batch."""


class Pace(Protocol):
    """How much may be under way; the settings of a sink are one."""

    @property
    def batch_events(self) -> int: ...

    @property
    def batch_bytes(self) -> int: ...

    @property
    def requests_in_parallel(self) -> int: ...


@dataclass(slots=True)
class Load:
    """One batch: its records, each event as it goes over the wire, and what is known of them so far, by their places.

    Its lists only grow, so that threads may share it.
    """

    records: list[StoredRecord] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    rejected: list[tuple[int, Reason]] = field(default_factory=list)
    deferred: list[int] = field(default_factory=list)
    troubles: list[tuple[int, Unavailable]] = field(default_factory=list)

    def outcome(self) -> Outcome[StoredRecord]:
        """In the order of the batch, whatever the order of the answers. Raises the trouble when nothing was settled."""
        trouble = min(self.troubles, key=lambda pair: pair[0])[1] if self.troubles else None
        if trouble and len(self.deferred) == len(self.records):
            raise trouble
        rejected = sorted(self.rejected, key=lambda pair: pair[0])
        return Outcome(
            rejected=[Rejection(self.records[place], reason) for place, reason in rejected],
            deferred=[self.records[place] for place in sorted(self.deferred)],
            retry_after=trouble.retry_after if trouble else None,
            why=str(trouble) if trouble else "",
        )


class Courier:
    """Posts requests until every event of a batch is settled or something is in the way.

    After the first trouble no further request of the batch is begun: what is left is deferred. `beat` is called with
    every answer, because a large batch may take longer than a probe waits; `keep` with every receipt and the events
    that were taken under it.
    """

    def __init__(
        self, post: Post, pace: Pace, beat: Callable[[], None] = lambda: None, *, keep: Keep = lambda *_: None
    ) -> None:
        self._post = post
        self._keep = keep
        self._pace = pace
        self._beat = beat
        self._slow = False
        self._said_slow = False
        self._threads = ThreadPoolExecutor(pace.requests_in_parallel, thread_name_prefix="request")

    def deliver(self, events: Iterable[tuple[StoredRecord, bytes]]) -> Outcome[StoredRecord]:
        """Records and what they are rendered to; of an iterator one request is rendered while another is posted.

        Raises Unavailable when none of them was settled.
        """
        load = Load()
        requests = _cut(events, load, self._pace)
        if self._slow or self._pace.requests_in_parallel == 1:
            self._slow = False
            for request in requests:
                self._settle(request, load)
        else:
            under_way = [self._threads.submit(self._settle, request, load) for request in requests]
            for future in under_way:
                future.result()
        self._say_slow()
        return load.outcome()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _say_slow(self) -> None:
        if self._slow and not self._said_slow:
            log.warning("the SIEM is nearly full: one request at a time")
        self._said_slow = self._slow

    def _settle(self, request: Places, load: Load) -> None:
        waiting = [request]
        while waiting:
            places = waiting.pop()
            if load.troubles:
                load.deferred.extend(places)
                continue
            waiting.extend(self._ask(places, load))

    def _ask(self, places: Places, load: Load) -> Sequence[Places]:
        """Post one request and note what the answer says; return what has to be posted next, last first."""
        try:
            judgement = self._post([load.bodies[place] for place in places])
        except Unavailable as trouble:
            judgement = Judgement(trouble=trouble)
        finally:
            self._beat()
        self._slow = self._slow or judgement.slow
        if judgement.receipt is not None:
            self._keep(judgement.receipt, [load.records[places[index]] for index in judgement.accepted])
        if judgement.blamed is None:
            return _note(judgement, places, load)
        if len(places) > 1:
            middle = len(places) // 2
            return places[middle:], places[:middle]
        load.rejected.append((places[0], judgement.blamed))
        return ()


def _note(judgement: Judgement, places: Places, load: Load) -> Sequence[Places]:
    if len(judgement.accepted) == len(places):
        return ()
    settled = {*judgement.accepted, *judgement.again, *(index for index, _ in judgement.rejected)}
    load.rejected.extend((places[index], reason) for index, reason in judgement.rejected)
    load.deferred.extend(place for index, place in enumerate(places) if index not in settled)
    if judgement.trouble:
        load.troubles.append((places[0], judgement.trouble))
    return ([places[index] for index in judgement.again],) if judgement.again else ()


def _cut(events: Iterable[tuple[StoredRecord, bytes]], load: Load, pace: Pace) -> Iterator[Places]:
    """In order; an event larger than a request may be goes alone, for the SIEM to judge."""
    records, bodies = load.records, load.bodies
    begin, size = 0, 0
    for place, (record, body) in enumerate(events):
        if place > begin and (place - begin == pace.batch_events or size + len(body) > pace.batch_bytes):
            yield range(begin, place)
            begin, size = place, 0
        records.append(record)
        bodies.append(body)
        size += len(body)
    if bodies:
        yield range(begin, len(bodies))
