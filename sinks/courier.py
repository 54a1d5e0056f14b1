"""Carries rendered events in requests of bounded size, several at a time, and settles each event by the answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from runtime.errors import Unavailable
from runtime.flow import Outcome, Reason, Rejection
from runtime.logs import log
from sinks.judgement import Judgement, Receipt
from sinks.sink import Parcel

Post = Callable[[Sequence[bytes]], Judgement]
Keep = Callable[[Receipt, Sequence[Parcel]], None]


class Pace(Protocol):
    """How much may be under way; the settings of a sink are one."""

    @property
    def batch_events(self) -> int: ...

    @property
    def batch_bytes(self) -> int: ...

    @property
    def requests_in_parallel(self) -> int: ...


class Item(NamedTuple):
    """One event, at its place in the batch, as it goes over the wire."""

    place: int
    parcel: Parcel
    body: bytes


@dataclass(slots=True)
class Ledger:
    """What is known of one batch so far. Its lists only grow, so that threads may share it."""

    rejected: list[tuple[Item, Reason]] = field(default_factory=list)
    deferred: list[Item] = field(default_factory=list)
    troubles: list[tuple[int, Unavailable]] = field(default_factory=list)

    def outcome(self, count: int) -> Outcome[Parcel]:
        """In the order of the batch, whatever the order of the answers. Raises the trouble when nothing was settled."""
        trouble = min(self.troubles, key=lambda pair: pair[0])[1] if self.troubles else None
        if trouble and len(self.deferred) == count:
            raise trouble
        rejected = sorted(self.rejected, key=lambda pair: pair[0].place)
        return Outcome(
            rejected=[Rejection(item.parcel, reason) for item, reason in rejected],
            deferred=[item.parcel for item in sorted(self.deferred)],
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

    def deliver(self, parcels: Sequence[Parcel], bodies: Iterable[bytes]) -> Outcome[Parcel]:
        """`bodies` are the rendered `parcels`; given as an iterator, the next request is rendered while one is posted.

        Raises Unavailable when none of them was settled.
        """
        items = (Item(place, parcel, body) for place, (parcel, body) in enumerate(zip(parcels, bodies, strict=True)))
        ledger = Ledger()
        requests = _cut(items, self._pace)
        if self._slow or self._pace.requests_in_parallel == 1:
            self._slow = False
            for request in requests:
                self._settle(request, ledger)
        else:
            under_way = [self._threads.submit(self._settle, request, ledger) for request in requests]
            for future in under_way:
                future.result()
        self._say_slow()
        return ledger.outcome(len(parcels))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _say_slow(self) -> None:
        if self._slow and not self._said_slow:
            log.warning("the SIEM is nearly full: one request at a time")
        self._said_slow = self._slow

    def _settle(self, request: Sequence[Item], ledger: Ledger) -> None:
        waiting = [request]
        while waiting:
            items = waiting.pop()
            if ledger.troubles:
                ledger.deferred.extend(items)
                continue
            waiting.extend(self._ask(items, ledger))

    def _ask(self, items: Sequence[Item], ledger: Ledger) -> Sequence[Sequence[Item]]:
        """Post one request and note what the answer says; return what has to be posted next, last first."""
        try:
            judgement = self._post([item.body for item in items])
        except Unavailable as trouble:
            judgement = Judgement(trouble=trouble)
        finally:
            self._beat()
        self._slow = self._slow or judgement.slow
        if judgement.receipt is not None:
            self._keep(judgement.receipt, [items[index].parcel for index in judgement.accepted])
        if judgement.blamed is None:
            return _note(judgement, items, ledger)
        if len(items) > 1:
            middle = len(items) // 2
            return items[middle:], items[:middle]
        ledger.rejected.append((items[0], judgement.blamed))
        return ()


def _note(judgement: Judgement, items: Sequence[Item], ledger: Ledger) -> Sequence[Sequence[Item]]:
    if len(judgement.accepted) == len(items):
        return ()
    settled = {*judgement.accepted, *judgement.again, *(index for index, _ in judgement.rejected)}
    ledger.rejected.extend((items[index], reason) for index, reason in judgement.rejected)
    ledger.deferred.extend(item for index, item in enumerate(items) if index not in settled)
    if judgement.trouble:
        ledger.troubles.append((items[0].place, judgement.trouble))
    return ([items[index] for index in judgement.again],) if judgement.again else ()


def _cut(items: Iterable[Item], pace: Pace) -> Iterator[Sequence[Item]]:
    """In order; an event larger than a request may be goes alone, for the SIEM to judge."""
    request: list[Item] = []
    size = 0
    for item in items:
        if request and (len(request) == pace.batch_events or size + len(item.body) > pace.batch_bytes):
            yield request
            request, size = [], 0
        request.append(item)
        size += len(item.body)
    if request:
        yield request
