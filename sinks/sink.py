"""The port to a SIEM: what the loop's one stage for sinks needs of each of them."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from runtime.flow import Outcome
from runtime.record import StoredRecord
from schemas.records import Alert, Event, Status, Verdict

Forwarded = Verdict | Event | Status | Alert


class Parcel(NamedTuple):
    """One record to be forwarded: as it was read, which is what its fate is told of, and decoded for rendering."""

    record: StoredRecord
    content: Forwarded


class Sink(Protocol):
    """Delivers events. Accepted means that the SIEM said so, per event where it can; silence is never acceptance."""

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        """Settle each event: accepted (durable on the other side), rejected (the SIEM blames its data) or deferred.

        A parcel is opened when it is asked for. Render it before the next one, and keep its record and what is to be
        sent: a thousand contents at a time do not fit into a processor's cache, which makes all of this twice as slow.

        Raises Unavailable when none was settled; the loop sends them again, so an event may arrive twice, always
        with the same id.
        """

    def check(self) -> str:
        """One sentence on what was reached; takes the way of real traffic but stores no event.

        Raises Unavailable or ConfigError that name the cause.
        """

    def close(self) -> None:
        """Let go; never raises."""
