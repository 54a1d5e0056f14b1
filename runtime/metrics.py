"""All metrics, declared in one place. No addresses, names or receivers as labels."""

import math
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "sk2siem"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class Metrics:
    """The metrics of one service in one process; each has the label `service`, and `system` where there is one."""

    def __init__(
        self, service: str, version: str = "", *, system: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self._own = {"service": service, "system": system} if system else {"service": service}
        self.items_received = self._counter("items_received", "Items that polls brought")
        self.items_accepted = self._counter("items_accepted", "Items that are durable downstream and checkpointed")
        self._items_rejected = self._counter("items_rejected", "Items that can never succeed, dead-lettered", "reason")
        self.items_deferred = self._counter("items_deferred", "Times an item had to wait for a later try")
        self.items_abandoned = self._counter(
            "items_abandoned", "Items in hand that were given back, to be polled again"
        )
        self.stage_seconds = self._histogram("stage_seconds", "Time that one call of the stage took")
        self.holding = self._gauge("holding", "1 while a batch is held because the other side cannot take it")
        self.checkpoint_time = self._gauge(
            "checkpoint_timestamp_seconds", "When the last checkpoint or empty poll was made, Unix time"
        )
        self.checkpoint_age = self._gauge("checkpoint_age_seconds", "Time since the last checkpoint or empty poll")
        self._clock = clock
        self._caught_up = clock()
        self.checkpoint_age.set_function(lambda: self._clock() - self._caught_up)
        self.source_lag_seconds = self._gauge("source_lag_seconds", "Age of the newest item of the last batch")
        self.source_lag_records = self._gauge("source_lag_records", "Records behind the end of the source")
        self.source_stalls = self._counter(
            "source_stalls", "Partitions that had records and gave none: client replaced"
        )
        self.rebuilds = self._counter("memory_rebuilds", "Times a memory was rebuilt from the broker")
        self.journal_head = self._gauge("journal_head_sequence", "Sequence number of the journal's head")
        self.journal_lag = self._gauge("journal_lag_entries", "Journal entries between the position and the head")
        self.journal_time_to_loss = self._gauge(
            "journal_time_to_loss_seconds", "Least time until the next entry may be deleted, infinite if not known"
        )
        self.journal_time_to_loss.set(math.inf)
        self.journal_read_seconds = self._counter(
            "journal_read_seconds", "Time that the system was busy with our reads"
        )
        self.journal_job_cpu_seconds = self._counter(
            "journal_job_cpu_seconds", "Processor time of the server job that answers us, where the system says so"
        )
        self.journal_rate = self._gauge("journal_sustainable_rate", "Entries a second that one connection can read")
        self.journal_gaps = self._counter("journal_gaps", "Gaps: entries that can no longer be read")
        self._entries = self._counter("entries", "Entries published, by detail type", "type")
        self._entry_bytes = self._counter(
            "entry_bytes", "Journal space of the entries published, by detail type", "type"
        )
        self._verdicts = self._counter("verdicts", "Verdicts", "verdict", "reason")
        self.corrections = self._counter("corrections", "Verdicts that correct an earlier one: a TLS entry came late")
        self.open_windows = self._gauge("open_windows", "Connections that wait for their TLS facts")
        self._dns_lookups = self._counter("dns_lookups", "Reverse lookups that ended, by outcome", "outcome")
        self.dns_cache_hits = self._counter("dns_cache_hits", "Addresses whose name was known without asking")
        self.dns_late = self._counter(
            "dns_late", "Addresses published without a name: the answer was not there in time"
        )
        self._requests = self._counter("requests", "Requests to the SIEM, by answer", "sink", "code")
        self.request_seconds = self._histogram("request_seconds", "Time that one request to the SIEM took")
        self._not_forwarded = self._counter(
            "items_not_forwarded", "Accepted items that a filter keeps from the SIEM, by record type", "type"
        )
        self.duplicates = self._counter("sink_duplicates", "Events that the SIEM already had under the same id")
        self.acknowledgement_timeouts = self._counter(
            "acknowledgement_timeouts", "Requests that Splunk took and did not acknowledge in time, sent again"
        )
        self.end_to_end_seconds = self._histogram(
            "end_to_end_seconds", "From journal time to the SIEM's acknowledgement"
        )
        self._build_info = Gauge(
            f"{PREFIX}_build_info", "The release", [*self._own, "version"], registry=self.registry
        ).labels(*self._own.values(), version)
        self._build_info.set(1)

    def checkpointed(self) -> None:
        """Everything that was in hand is durable."""
        self._caught_up = self._clock()
        self.checkpoint_time.set_to_current_time()

    def rejected(self, reason: str, count: int = 1) -> None:
        self._items_rejected.labels(*self._own.values(), reason).inc(count)

    def entries(self, detail_type: str, count: int, size: int) -> None:
        """So many entries of this type; their data took `size` bytes of the journal, where that is known."""
        self._entries.labels(*self._own.values(), detail_type).inc(count)
        self._entry_bytes.labels(*self._own.values(), detail_type).inc(size)

    def verdicts(self, verdict: str, reason: str, count: int) -> None:
        self._verdicts.labels(*self._own.values(), verdict, reason).inc(count)

    def dns_lookup(self, outcome: str) -> None:
        self._dns_lookups.labels(self.service, outcome).inc()

    def not_forwarded(self, record_type: str, count: int) -> None:
        self._not_forwarded.labels(self.service, record_type).inc(count)

    def request(self, sink: str, code: str) -> None:
        self._requests.labels(*self._own.values(), sink, code).inc()

    def value(self, name: str, **labels: str) -> float:
        """The present value of a sample, 0 where it has none; for tests and the live view."""
        return self.registry.get_sample_value(f"{PREFIX}_{name}", {**self._own, **labels}) or 0.0

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        counter = Counter(f"{PREFIX}_{name}", text, [*self._own, *labels], registry=self.registry)
        return counter if labels else counter.labels(*self._own.values())

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", text, [*self._own], registry=self.registry).labels(*self._own.values())

    def _histogram(self, name: str, text: str) -> Histogram:
        histogram = Histogram(f"{PREFIX}_{name}", text, [*self._own], buckets=SECONDS, registry=self.registry)
        return histogram.labels(*self._own.values())
