"""Events into Splunk through its HTTP Event Collector."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import orjson

from runtime.errors import Unavailable
from runtime.flow import Outcome
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from sinks.addresses import named, telling
from sinks.clock import require_same_time, time_of
from sinks.courier import Courier
from sinks.judgement import Judgement, Receipt
from sinks.sink import Parcel
from sinks.splunk.acknowledgement import Acknowledgements, place_of
from sinks.splunk.channels import Channels
from sinks.splunk.http import Http, Posted
from sinks.splunk.judge import BLAMES_AN_EVENT, OPERATOR_SECONDS, TAKEN, Answer, judge, read, trouble
from sinks.splunk.render import render
from sinks.splunk.settings import SplunkSettings

NAME = "splunk"
CHECK = "sk2siem:check"
"""The sourcetype of what a check writes: no search for events of an IBM i finds it."""
CHECKED = "sk2siem check splunk: this token may write to this index"


class SplunkSink:
    """Accepted is what HEC says it took, or what stands before an event that it blames by its number.

    HEC keeps no ids: an event that is sent again is stored again, with the same `event_id`. Without indexer
    acknowledgement an answer of 200 comes before the event is on Splunk's disk; with it, accepted means that it is.

    `pause` waits so many seconds and says whether a stop was requested.
    """

    def __init__(
        self,
        settings: SplunkSettings,
        metrics: Metrics,
        beat: Callable[[], None] = lambda: None,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        channels = Channels(settings.urls) if settings.acknowledgement else None
        self._http = Http(settings, channels)
        self._acknowledgements: Acknowledgements | None = None
        if channels is not None:
            self._acknowledgements = Acknowledgements(
                self._http,
                channels,
                settings.acknowledgement_seconds,
                metrics,
                pause=pause or threading.Event().wait,
                beat=beat,
            )
        self._courier = Courier(self._post, settings, beat, keep=self._keep)

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        if self._acknowledgements is None:
            return self._deliver(parcels)
        return self._deliver_and_wait(parcels, self._acknowledgements)

    def check(self) -> str:
        """Posts a blank event, which is refused as such only after URL, TLS, proxy and token have passed.

        Whether an index may be written to Splunk tells nobody but him who writes: where one is set, an event that says
        what it is follows.
        """
        urls, index = self._settings.urls, self._settings.index
        for url in urls:
            with telling(url, urls):
                answer = self._http.post_to(url, [_probe("", index)])
                _require_refusal(answer)
                require_same_time(f"Splunk at {url}", time_of(answer.headers))
                if index is not None:
                    _require_taken(self._http.post_to(url, [_probe(CHECKED, index)]))
        written = f", and it may write to index {index} (an event of sourcetype {CHECK} is there now)" if index else ""
        acknowledges = " and acknowledges what it has indexed" if self._acknowledgements else ""
        return f"Splunk HEC at {', '.join(urls)}: the token is accepted{acknowledges}{written}"

    def close(self) -> None:
        self._courier.close()
        self._http.close()

    def _deliver(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        index, alerts_only = self._settings.index, self._settings.forward.alerts_only
        return self._courier.deliver(
            (record, render(content, index, alerts_only=alerts_only)) for record, content in parcels
        )

    def _deliver_and_wait(self, parcels: Iterable[Parcel], acknowledgements: Acknowledgements) -> Outcome[StoredRecord]:
        """What was taken in an earlier call and may still be acknowledged is waited for, not sent again."""
        records: list[StoredRecord] = []
        held: Unavailable | None = None
        try:
            outcome = self._deliver(acknowledgements.fresh(_noted(parcels, records)))
        except Unavailable as error:
            held, outcome = error, Outcome(retry_after=error.retry_after)
        done, waiting = acknowledgements.settle(records)
        rejected = {id(rejection.item) for rejection in outcome.rejected}
        deferred = [record for record in records if place_of(record) not in done and id(record) not in rejected]
        held = held or waiting
        if held and len(deferred) == len(records):
            raise held
        if held is None:
            return replace(outcome, deferred=deferred)
        return replace(outcome, deferred=deferred, retry_after=held.retry_after, why=str(held))

    def _keep(self, receipt: Receipt, records: Sequence[StoredRecord]) -> None:
        if self._acknowledgements is not None:
            self._acknowledgements.expect(receipt, records)

    def _post(self, bodies: Sequence[bytes]) -> Judgement:
        started = time.monotonic()
        try:
            posted = self._http.post(bodies)
        except Unavailable:
            self._metrics.request(NAME, "none")
            raise
        finally:
            self._metrics.request_seconds.observe(time.monotonic() - started)
        answer = posted.answer
        self._metrics.request(NAME, str(answer.status))
        judgement = judge(answer, len(bodies), sum(map(len, bodies)))
        if judgement.trouble is not None:
            judgement = replace(judgement, trouble=named(judgement.trouble, posted.url, self._settings.urls))
        return judgement if self._acknowledgements is None else _with_receipt(judgement, posted)


def _noted(parcels: Iterable[Parcel], records: list[StoredRecord]) -> Iterator[Parcel]:
    for parcel in parcels:
        records.append(parcel.record)
        yield parcel


def _with_receipt(judgement: Judgement, posted: Posted) -> Judgement:
    """The same with the id under which what was taken will be acknowledged; without one nothing counts as taken."""
    if not judgement.accepted:
        return judgement
    reply = read(posted.answer)
    if reply is not None and reply.ack_id is not None:
        return replace(judgement, receipt=Receipt(posted.url, posted.channel, reply.ack_id))
    return Judgement(
        trouble=Unavailable(
            f"Splunk at {posted.url} took events without saying how it acknowledges them: turn indexer acknowledgement "
            "on for this token, or set SK2SIEM_SPLUNK__ACKNOWLEDGEMENT=false",
            retry_after=OPERATOR_SECONDS,
        )
    )


def _probe(text: str, index: str | None) -> bytes:
    envelope = {"source": "sk2siem", "sourcetype": CHECK, "event": text}
    return orjson.dumps(envelope if index is None else {**envelope, "index": index})


def _require_refusal(answer: Answer) -> None:
    reply = read(answer)
    if answer.status == 400 and reply and reply.code in BLAMES_AN_EVENT:
        return
    raise trouble(answer, reply)


def _require_taken(answer: Answer) -> None:
    reply = read(answer)
    if answer.status != 200 or not reply or reply.code not in TAKEN:
        raise trouble(answer, reply)
