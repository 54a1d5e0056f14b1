"""Whether all that was published has been worked on: how far each service still is behind the end of what it reads."""

from collections.abc import Sequence

from cli.running import running_of
from cli.settings import Settings
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.errors import Unavailable
from schemas.topics import ALERTS, ENTRIES, VERDICTS

READS = {"enricher": (ENTRIES,)}
FORWARDED = (VERDICTS, ALERTS)


def behind(broker: Broker, services: Sequence[str]) -> dict[str, int]:
    """How many records each has before it; a service is asked before those that read what it writes.

    Raises Unavailable.
    """
    ordered = sorted((name for name in services if name != "producer"), key=lambda name: name not in READS)
    return {
        name: sum(standing.behind for standing in broker.standings(name, READS.get(name, FORWARDED)))
        for name in ordered
    }


class Settlement:
    """Asks the broker; connects when it is first asked."""

    def __init__(self, settings: Settings, services: Sequence[str]) -> None:
        self._settings = settings
        self._services = services
        self._broker: Broker | None = None

    def reached(self) -> bool:
        """Whether every service stands at the end. While the broker cannot be asked, the answer is no."""
        try:
            return not any(behind(self._connected(), self._services).values())
        except Unavailable:
            return False

    def close(self) -> None:
        if self._broker is not None:
            self._broker.close()

    def _connected(self) -> Broker:
        if self._broker is None:
            settings = self._settings
            running = running_of("all", settings)
            self._broker = connect(settings.broker, running, batch_size=settings.loop.batch_size)
        return self._broker
