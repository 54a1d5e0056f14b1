"""Events to a syslog receiver, as messages of RFC 5424."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from runtime.errors import Unavailable
from runtime.flow import Outcome
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from sinks.sink import Parcel
from sinks.syslog.connection import Connection
from sinks.syslog.render import framed, render
from sinks.syslog.settings import SyslogSettings

NAME = "syslog"
PART_BYTES = 262_144
LISTEN_SECONDS = 0.5


class SyslogSink:
    """Accepted is what the receiver's system has taken while the connection stayed up: syslog has no answers.

    What a receiver loses after that, because it crashes for example, is lost. In every other case the batch is held and
    sent again, with the same ids.
    """

    def __init__(
        self,
        settings: SyslogSettings,
        metrics: Metrics,
        beat: Callable[[], None] = lambda: None,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._beat = beat
        self._connection = Connection(settings, pause or threading.Event().wait)

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        """All parts before one that fails are accepted."""
        deferred: list[StoredRecord] = []
        trouble: Unavailable | None = None
        is_any_accepted = False
        for records, content in self._parts(parcels):
            if trouble is None:
                try:
                    self._send(content)
                    is_any_accepted = True
                    continue
                except Unavailable as error:
                    trouble = error
            deferred += records
        if trouble is None:
            return Outcome()
        if not is_any_accepted:
            raise trouble
        return Outcome(deferred=deferred, retry_after=trouble.retry_after, why=str(trouble))

    def check(self) -> str:
        """Connects, with TLS where that is set; sends nothing."""
        self._connection.open()
        self._connection.listen(LISTEN_SECONDS)
        return f"syslog receiver {self._settings.url}: connected; syslog acknowledges nothing"

    def close(self) -> None:
        self._connection.close()

    def _send(self, content: bytes) -> None:
        started = time.monotonic()
        code = "none"
        try:
            self._connection.open()
            self._connection.send(content)
            code = "taken"
        finally:
            self._metrics.request_seconds.observe(time.monotonic() - started)
            self._metrics.request(NAME, code)
            self._beat()

    def _parts(self, parcels: Iterable[Parcel]) -> Iterator[tuple[Sequence[StoredRecord], bytes]]:
        """Records, and their framed messages: at least PART_BYTES together, but for the last part."""
        settings = self._settings
        records: list[StoredRecord] = []
        part = bytearray()
        for record, content in parcels:
            records.append(record)
            part += framed(render(content, settings.format, settings.facility), settings.framing)
            if len(part) >= PART_BYTES:
                yield records, bytes(part)
                records, part = [], bytearray()
        if records:
            yield records, bytes(part)
