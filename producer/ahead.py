"""Reading ahead while behind: windows of one receiver over several connections at once, handed out in journal order."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from producer.entries import ReceiverEntries, Stretch
from producer.odbc_errors import NoEntries
from producer.reader import JournalRow, Place
from producer.receivers import Chain, Receiver
from runtime.errors import LoginRefused, PipelineError
from runtime.logs import log

LIST_EVERY_SECONDS = 60.0
REST_SECONDS = 30.0
PROVING = 100
WIDEN = 4
ROOM = 1.5
"""A window is meant to bring a page, and may bring so much more: one that is cut off has to be asked for twice."""
CALM = 8
"""After so many windows in a row that were there when they were wanted, one connection less reads ahead."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The rows of one window, and how far it has been read with them."""

    stretch: Stretch
    rows: Sequence[JournalRow]
    place: Place
    seconds: float


@dataclass(frozen=True, slots=True)
class _Job:
    stretch: Stretch
    limit: int
    source: ReceiverEntries
    rows: "Future[tuple[Sequence[JournalRow], float]]"


class ReadAhead:
    """At most one window for each connection is being read or waits to be taken, so memory is bounded; and no more than
    it takes for the next one to be there in time: each costs the processor as well.

    A further connection is opened only after the one before it has brought a window: a password that was refused is
    tried once. After a failure it rests; whoever takes reads that window again and sees the failure.
    """

    def __init__(
        self,
        first: ReceiverEntries,
        more: Callable[[], ReceiverEntries],
        *,
        connections: int,
        widest: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._more = more
        self._connections = connections
        self._widest = widest
        self._clock = clock
        self._opened: list[ReceiverEntries] = [first]
        self._proved = 1
        self._idle = deque(self._opened)
        self._jobs: deque[_Job] = deque()
        self._given_up: list[_Job] = []
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="ahead")
        self._width = 0
        self._at_once = connections
        self._calm = 0
        self._rests_until = clock()
        self._plan: tuple[Chain, Receiver] | None = None
        self._next, self._plans_until = 0, clock()

    def worth_while(self, receiver: Receiver, start: int, limit: int) -> bool:
        """Whether so much of the receiver is left that several connections help."""
        left = receiver.last - start + 1
        return self._connections > 1 and left > 2 * max(limit, self._width) and self._clock() >= self._rests_until

    def begin(self, chain: Chain, receiver: Receiver, start: int, limit: int) -> None:
        """Read ahead from `start` to where the receiver ended when it was listed, for a minute at most."""
        self.drop()
        self._plan, self._next = (chain, receiver), start
        self._plans_until = self._clock() + LIST_EVERY_SECONDS
        self._width = min(max(self._width, limit), self._widest)
        self._fill(limit)

    def take(self, after: Place | None, limit: int) -> Taken | None:
        """The window right behind `after`; None where it was not read ahead, or could not be."""
        if not self._jobs or self._jobs[0].stretch.before != after:
            self.drop()
            return None
        job = self._jobs.popleft()
        self._adapt(was_there=job.rows.done())
        try:
            rows, seconds = job.rows.result()
        except PipelineError as error:
            self._rest(job, error)
            return None
        self._free(job.source)
        end = job.stretch.until if len(rows) < job.limit else rows[-1].place.sequence
        if end < job.stretch.until:
            self._jobs.appendleft(self._start(job.stretch.behind(end), limit))
        self._learn(end - job.stretch.start + 1, len(rows), limit)
        self._fill(limit)
        return Taken(job.stretch, rows, job.stretch.receiver.at(end), seconds)

    def drop(self) -> None:
        """Forget what was read ahead; a connection serves again when its query has ended."""
        self._given_up += self._jobs
        self._jobs.clear()
        self._plan = None
        for job in [job for job in self._given_up if job.rows.cancel() or job.rows.done()]:
            self._given_up.remove(job)
            self._idle.append(job.source)

    def close(self) -> None:
        """Wait for the queries that still run; never raises."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _fill(self, limit: int) -> None:
        while self._plan and self._next <= self._plan[1].last and self._clock() < self._plans_until:
            if len(self._jobs) >= self._at_once or (not self._idle and not self._open()):
                return
            chain, receiver = self._plan
            until = min(receiver.last, self._next + self._window() - 1)
            self._jobs.append(self._start(Stretch(chain, receiver, self._next, until), limit))
            self._next = until + 1

    def _window(self) -> int:
        """How wide the next window is; narrow as long as connections have to prove themselves one by one."""
        return self._width if self._proved >= self._connections else min(self._width, PROVING)

    def _open(self) -> bool:
        """One more connection, once the last one has proved itself."""
        if len(self._opened) >= self._connections or self._proved < len(self._opened):
            return False
        self._opened.append(self._more())
        self._idle.append(self._opened[-1])
        return True

    def _adapt(self, *, was_there: bool) -> None:
        if not was_there:
            self._at_once = min(self._at_once + 1, self._connections)
        self._calm = self._calm + 1 if was_there else 0
        if self._calm == CALM:
            self._at_once, self._calm = max(1, self._at_once - 1), 0

    def _start(self, stretch: Stretch, limit: int) -> _Job:
        source, most = self._idle.popleft(), int(limit * ROOM)
        return _Job(stretch, most, source, self._threads.submit(self._between, source, stretch, most))

    def _between(self, source: ReceiverEntries, stretch: Stretch, limit: int) -> tuple[Sequence[JournalRow], float]:
        """In a thread: the rows, and how long they took."""
        started = self._clock()
        try:
            rows = source.between(stretch, limit)
        except NoEntries:
            rows = []
        return rows, self._clock() - started

    def _free(self, source: ReceiverEntries) -> None:
        self._idle.append(source)
        self._proved = max(self._proved, self._opened.index(source) + 1)

    def _learn(self, numbers: int, rows: int, limit: int) -> None:
        """Windows become as wide as they must be to bring a page."""
        wanted = int(limit * numbers / rows) if rows else self._widest
        self._width = max(limit, min(wanted, self._width * WIDEN, self._widest))

    def _rest(self, job: _Job, error: PipelineError) -> None:
        self._idle.append(job.source)
        self.drop()
        self._rests_until = self._clock() + REST_SECONDS
        if isinstance(error, LoginRefused):
            self._connections = 1
        log.warning("reading ahead failed; one connection reads on", why=str(error), seconds=REST_SECONDS)
