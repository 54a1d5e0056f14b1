"""When entries that were not read yet will be deleted, as a range: from what the journal does with its receivers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from producer.reader import Loss, Place
from producer.receivers import Chain

RETRY = timedelta(minutes=10)
"""System-managed deletion that did not succeed is tried again after so long."""

WARN_AT = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24))
BEHIND = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What CHGJRN said: whether the system deletes detached receivers (DLTRCV), and how long it waits.

    `filled` is how much of its threshold the attached receiver has reached. A system that deletes receivers also
    changes them there: DLTRCV(*YES) is possible with MNGRCV(*SYSTEM) only.
    """

    by_system: bool
    delay: timedelta = timedelta()
    filled: float | None = None


def time_to_loss(chain: Chain, place: Place, deletion: Deletion) -> Loss | None:
    """For the entry behind `place`; `chain` lists all receivers. None where nothing tells when receivers go.

    Where people delete them, they are taken to do what they did: the oldest receiver has survived its age, the one
    before it did not survive one change more.
    """
    receiver = chain.holding(place)
    if receiver and place == receiver.end:
        receiver = chain.following(receiver) or receiver
    if receiver is None:
        return None
    lasts = [after.attached_at - before.attached_at for before, after in pairwise(chain.receivers)]
    following = chain.following(receiver)
    detached = following.attached_at - chain.read_at if following else None
    if deletion.by_system:
        return _by_system(detached, chain.read_at - receiver.attached_at, lasts, deletion)
    if not lasts or chain.receivers[0].first <= 1:
        return None
    kept = chain.read_at - chain.receivers[1].attached_at
    since = detached if detached is not None else timedelta()
    return Loss(max(timedelta(), since + kept), max(timedelta(), since + kept + max(lasts)))


def _by_system(detached: timedelta | None, age: timedelta, lasts: list[timedelta], deletion: Deletion) -> Loss | None:
    """`lasts` is how long receivers stayed attached. The present one will, too, or until it is full at this rate."""
    delay = deletion.delay
    if detached is not None:
        return Loss(max(timedelta(), detached + delay), max(RETRY, detached + delay + RETRY))
    until_full = [age / deletion.filled] if deletion.filled else []
    stays = [*lasts, *until_full]
    if not stays:
        return None
    return Loss(max(timedelta(), min(stays) - age) + delay, max(timedelta(), max(stays) - age) + delay + RETRY)


@dataclass(slots=True)
class LossWarning:
    """Warns once for each mark that is passed, and anew after it was safe again."""

    _marks: list[timedelta] = field(default_factory=lambda: list(WARN_AT))

    def due(self, loss: Loss | None, progress: datetime, now: datetime) -> Loss | None:
        """The loss when it is time to warn; nobody is warned while reading keeps up."""
        if loss is None or loss.after > WARN_AT[-1] or now - progress < BEHIND:
            self._marks = list(WARN_AT)
            return None
        left = [mark for mark in self._marks if mark < loss.after]
        if len(left) == len(self._marks):
            return None
        self._marks = left
        return loss
