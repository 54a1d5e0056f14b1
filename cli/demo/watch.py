"""How the demo watches its pipeline: as one more group on the same broker."""

from collections.abc import Sequence
from typing import Self

from cli.demo.picture import Picture
from cli.settled import behind
from runtime.broker import Broker, Subscription
from runtime.errors import Unavailable
from runtime.flow import Forgetful, Settled
from schemas.topics import ALERTS, ENTRIES, VERDICTS

GROUP = "demo"
# Verdicts first: the entries that are still to come are many, and only counted.
READS = (ALERTS, VERDICTS, ENTRIES)


class Watch:
    """Keeps a picture of what the services publish, and says how far behind each of them is."""

    def __init__(self, broker: Broker, services: Sequence[str]) -> None:
        self.picture = Picture()
        self._broker = broker
        self._services = services
        self._source = broker.source(Subscription(GROUP, GROUP, READS), Forgetful())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def look(self, seconds: float) -> bool:
        """Take in the next records, waiting up to `seconds` for one; whether any came."""
        try:
            batch = self._source.poll(seconds)
            if batch is None:
                return False
            self._source.checkpoint(Settled(batch))
        except Unavailable:
            # The file is busy for longer than usual; the next look reads the same records.
            return False
        self.picture.add(batch.items)
        return True

    def behind(self) -> dict[str, int]:
        """How many records each service still has before it."""
        return behind(self._broker, self._services)

    def settled(self) -> bool:
        """The journal has ended, and everybody has read everything, this watch included."""
        if not self.picture.final or any(self.behind().values()):
            return False
        return sum(standing.behind for standing in self._broker.standings(GROUP, READS)) == 0
