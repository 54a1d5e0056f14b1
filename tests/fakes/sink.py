"""A SIEM in memory that follows a script: it takes, delays, half-takes, rejects, and forgets to answer."""

from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum

from runtime.errors import LoginRefused, Unavailable
from runtime.flow import Outcome, Reason, Rejection
from runtime.record import StoredRecord
from tests.fakes.script import Crash

REJECTED = Reason("bad-event", "the fake SIEM blames the event itself")


class Answer(Enum):
    """What the SIEM does with one request."""

    ACCEPT = "takes all"
    AWAY = "takes nothing and says so"
    BUSY = "takes nothing and says when to come again"
    REFUSE_LOGIN = "refuses the token"
    HALF = "takes the first half, the rest later"
    REJECT_FIRST = "blames the first event, takes the others"
    LOST_ANSWER = "takes all, but the answer never arrives"
    CRASH = "the sender dies before the request"
    CRASH_AFTER = "takes all, then the sender dies"


class FakeSink:
    """`delivered` is what the SIEM holds, copies included, in order of arrival. Takes all once its script ended."""

    def __init__(self, script: Iterable[Answer] = (), *, busy_seconds: float = 30.0) -> None:
        self.delivered: list[StoredRecord] = []
        self.closed = False
        self._script = deque(script)
        self._busy_seconds = busy_seconds

    def send(self, events: Sequence[StoredRecord]) -> Outcome[StoredRecord]:
        answer = self._script.popleft() if self._script else Answer.ACCEPT
        self._refuse(answer)
        if answer is Answer.HALF:
            half = (len(events) + 1) // 2
            return self._take(events[:half], deferred=events[half:])
        if answer is Answer.REJECT_FIRST:
            return self._take(events[1:], rejected=events[:1])
        outcome = self._take(events)
        if answer is Answer.LOST_ANSWER:
            raise Unavailable("the answer did not come in time")
        if answer is Answer.CRASH_AFTER:
            raise Crash
        return outcome

    def check(self) -> str:
        self._refuse(self._script.popleft() if self._script else Answer.ACCEPT)
        return f"fake SIEM: holds {len(self.delivered)} events"

    def close(self) -> None:
        self.closed = True

    def _take(
        self,
        accepted: Sequence[StoredRecord],
        *,
        deferred: Sequence[StoredRecord] = (),
        rejected: Sequence[StoredRecord] = (),
    ) -> Outcome[StoredRecord]:
        self.delivered.extend(accepted)
        return Outcome(rejected=[Rejection(event, REJECTED) for event in rejected], deferred=deferred)

    def _refuse(self, answer: Answer) -> None:
        if answer is Answer.CRASH:
            raise Crash
        if answer is Answer.REFUSE_LOGIN:
            raise LoginRefused("the fake SIEM refuses the token")
        if answer is Answer.AWAY:
            raise Unavailable("the fake SIEM is away")
        if answer is Answer.BUSY:
            raise Unavailable("the fake SIEM is busy", retry_after=self._busy_seconds)
