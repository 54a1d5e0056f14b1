"""Events into Splunk through its HTTP Event Collector."""

import time
from collections.abc import Callable, Sequence

import orjson

from runtime.errors import Unavailable
from runtime.flow import Outcome
from runtime.metrics import Metrics
from sinks.courier import Courier
from sinks.judgement import Judgement
from sinks.sink import Parcel
from sinks.splunk.http import Http
from sinks.splunk.judge import BLAMES_AN_EVENT, Answer, judge, read, trouble
from sinks.splunk.render import render
from sinks.splunk.settings import SplunkSettings

NAME = "splunk"


class SplunkSink:
    """Accepted is what HEC says it took, or what stands before an event that it blames by its number.

    HEC keeps no ids: an event that is sent again is stored again, with the same `event_id`. Without indexer
    acknowledgement, which this sink does not use, an answer of 200 comes before the event is on Splunk's disk.
    """

    def __init__(self, settings: SplunkSettings, metrics: Metrics, beat: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._metrics = metrics
        self._http = Http(settings)
        self._courier = Courier(self._post, settings, beat)

    def send(self, parcels: Sequence[Parcel]) -> Outcome[Parcel]:
        index, alerts_only = self._settings.index, self._settings.forward.alerts_only
        bodies = [render(parcel.content, index, alerts_only=alerts_only) for parcel in parcels]
        return self._courier.deliver(parcels, bodies)

    def check(self) -> str:
        """Posts a blank event, which is refused as such only after URL, TLS, proxy and token have passed."""
        probe: dict[str, str] = {"event": ""}
        if self._settings.index is not None:
            probe["index"] = self._settings.index
        for url in self._settings.urls:
            _require_refusal(self._http.post_to(url, [orjson.dumps(probe)]))
        return f"Splunk HEC at {', '.join(self._settings.urls)}: the token is accepted"

    def close(self) -> None:
        self._courier.close()
        self._http.close()

    def _post(self, bodies: Sequence[bytes]) -> Judgement:
        started = time.monotonic()
        try:
            answer = self._http.post(bodies)
        except Unavailable:
            self._metrics.request(NAME, "none")
            raise
        finally:
            self._metrics.request_seconds.observe(time.monotonic() - started)
        self._metrics.request(NAME, str(answer.status))
        return judge(answer, len(bodies), sum(map(len, bodies)))


def _require_refusal(answer: Answer) -> None:
    reply = read(answer.body)
    if answer.status == 400 and reply and reply.code in BLAMES_AN_EVENT:
        return
    raise trouble(answer, reply)
