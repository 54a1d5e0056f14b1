"""Moving the stored position by hand: what each choice would cost, and the move itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from producer.cost import Cost, cost_of
from producer.journal import Journal
from producer.positions import BrokerPositions
from producer.publication import gap_of, place_of, position_of
from producer.reader import Missed, Place
from producer.receivers import Chain
from producer.recovery import Surveyor
from producer.rival import ALIVE_SECONDS
from runtime.broker import Publisher
from runtime.errors import CheckFailed
from runtime.flow import Tally
from schemas.records import Position, changed

KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Outlook:
    """The journal and its stored position at one moment."""

    chain: Chain
    stored: Position | None

    @property
    def place(self) -> Place | None:
        return None if self.stored is None else place_of(self.stored)


class Relocation:
    """The choices for one journal of one system. Nothing is changed until `move`."""

    def __init__(self, reader: Surveyor, publisher: Publisher, journal: Journal) -> None:
        self._reader = reader
        self._publisher = publisher
        self._journal = journal
        self._positions = BrokerPositions(publisher, journal.system, journal.position_name)

    def look(self) -> Outlook:
        """Raises what the reader and the broker raise."""
        chain = self._reader.survey()
        self._journal.clock.state_offset(chain.utc_offset_seconds, chain.read_at)
        return Outlook(chain, self._positions.load())

    def costs(self, seen: Outlook, at: datetime | None) -> Sequence[Cost]:
        """Of each choice; of a time only where one is given (UTC)."""
        wanted = ["oldest", "newest", *(["timestamp"] if at else [])]
        kept = seen.place if seen.place and seen.chain.holding(seen.place) else None
        keep = [cost_of(KEEP, kept, kept, seen.chain)] if kept else []
        return [*keep, *(self.cost(choice, seen, at) for choice in wanted)]

    def cost(self, choice: str, seen: Outlook, at: datetime | None) -> Cost:
        """Raises CheckFailed where the choice needs a time and none is given."""
        return cost_of(choice, self._place_of(choice, seen.chain, at), seen.place, seen.chain)

    def move(self, choice: str, place: Place, worker: str) -> Cost:
        """Fence whoever reads the journal, then store the place. What is left out is published as a gap."""
        self._publisher.claim()
        seen, journal = self.look(), self._journal
        cost = cost_of(choice, place, seen.place, seen.chain)
        stored, now = seen.stored, datetime.now(UTC)
        if stored:
            journal.partitions = stored.partitions
        progress = stored.progress if stored else journal.clock.peek(seen.chain.time_at(place))
        position = position_of(journal, place, progress, Tally(), stored.worker if stored else worker)
        if stored:  # a new time would look like a producer that is alive
            position = changed(position, time=stored.time)
        records = [self._positions.record(position)]
        if cost.is_gap:
            until = seen.chain.following_place(place)
            missed = Missed(seen.place, until, f"the position was set to the {choice} entry by hand", cost.left_out)
            records.extend(journal.broadcast(gap_of(journal, missed, stored.progress if stored else now)))
        self._publisher.publish(records)
        return cost

    def _place_of(self, choice: str, chain: Chain, at: datetime | None) -> Place:
        if choice == "oldest":
            return chain.receivers[0].before
        if choice == "newest":
            return chain.newest.end
        if at is None:
            raise CheckFailed("a timestamp needs --at, such as --at 2026-11-22T02:00:00Z")
        return self._reader.place_at(self._journal.clock.local(at), chain)


def carry(position: Position, publisher: Publisher, partitions: int) -> None:
    """Store a position of another broker on this one, where entries are spread over so many partitions.

    Raises CheckFailed where one is stored here already.
    """
    positions = BrokerPositions(publisher, position.system, position.journal)
    publisher.claim()
    if positions.load() is not None:
        raise CheckFailed(
            f"a position of {position.journal} of {position.system} is stored here already; "
            "`sk2siem position set` moves it"
        )
    publisher.publish([positions.record(changed(position, partitions=partitions))])


def require_nobody(stored: Position | None) -> None:
    """Raises CheckFailed while another process seems to read the journal."""
    if stored is None or stored.retired:
        return
    age = (datetime.now(UTC) - stored.time).total_seconds()
    if abs(age) < ALIVE_SECONDS:
        raise CheckFailed(
            f"{stored.worker} read {stored.journal} of {stored.system} {age:.0f} s ago: stop it and wait "
            f"{ALIVE_SECONDS:.0f} s, or say --take-over, which ends it with exit code 70"
        )
