"""Evidence mode as it is run: windows, and names, of which one in twenty of a batch is not known yet.

Then a second worker, and 5,000 connections a second that all wait for their windows, with a restart in that state.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench import stock
from bench.ground import Contest, Ground, from_kafka
from bench.measurement import Added, Measurement
from bench.names import names_of
from bench.prepared import SERVICE, Prepared
from bench.processes import look_until, nap
from bench.waiting import CONNECTIONS_A_SECOND, Waited, wait_and_restart
from dev.kafka import Kafka
from tests.fakes.dns_server import DnsServer
from tests.processes import ServiceProcess

SAMPLE_SECONDS = 8.0
STARTS_WITHIN_SECONDS = 60.0


@contextmanager
def windows(ground: Ground) -> Iterator[Contest]:
    """Kafka to Kafka, with a name server that answers at once."""
    folder = ground.folder / "windows"
    folder.mkdir()
    with DnsServer() as server:
        names = {
            "SK2SIEM_ENRICHER__DNS__ENABLED": "true",
            "SK2SIEM_ENRICHER__DNS__SERVERS": f'["{server.address}"]',
            "SK2SIEM_ENRICHER__DNS__PRIVATE_SERVERS": f'["{server.address}"]',
        }
        prepared = Prepared(folder, ground.entries, settings=names)
        for address, name in names_of(prepared.journal()).items():
            server.host(address, name)
        own = replace(ground, prepared=prepared, tried={**names, **ground.tried})
        with stock.kafka(folder / "kafka", prepared.for_enricher(), ground.waiting) as kafka:
            contest = from_kafka("enricher", own, lambda _: kafka.exports(), own.entries)

            runs: list[Measurement] = []

            def service(number: int) -> Measurement:
                runs.append(contest.service(number))
                return runs[-1]

            def added() -> Added:
                settings = {**SERVICE, **own.tried}
                one, two = (_rate_of(count, kafka, settings, folder) for count in (1, 2))
                kafka.stop()
                return _added(runs, one, two, wait_and_restart(folder, settings))

            yield replace(contest, service=service, added=added)


def _rate_of(count: int, kafka: Kafka, settings: Mapping[str, str], folder: Path) -> float:
    """Records a second that so many workers settle side by side."""
    environment = {**settings, **kafka.exports(), "SK2SIEM_ENRICHER__POLICY": "default"}
    names = [f"bench{number}" for number in range(count)]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(ServiceProcess("enricher", {**environment, "SK2SIEM_WORKER": name}, folder))
            for name in names
        ]

        def settled() -> list[float]:
            return [worker.metric("items_accepted_total") for worker in workers]

        look_until("every worker has settled a batch", lambda: all(settled()), STARTS_WITHIN_SECONDS)
        before = sum(settled())
        seconds = nap(SAMPLE_SECONDS)
        rate = (sum(settled()) - before) / seconds
    stock.forget_group(environment, "enricher", names)
    return rate


def _added(service: Sequence[Measurement], one: float, two: float, waited: Waited) -> Added:
    hits = min(run.notes["dns_hit_share"] for run in service)
    peak = max(waited.peak_rss_mib, *(run.peak_rss_mib for run in service))
    return Added(
        {
            "dns_hit_share": round(hits, 3),
            "peak_rss_mib": round(peak, 1),
            "waiting_connections_per_second": CONNECTIONS_A_SECOND,
            "waiting_peak_rss_mib": round(waited.peak_rss_mib, 1),
            "open_windows": waited.open_windows,
            "lag_seconds": round(waited.lag_seconds, 2),
            "restart_seconds": round(waited.restart_seconds, 2),
            "one_worker_records_per_second": round(one, 1),
            "two_workers_records_per_second": round(two, 1),
            "second_worker_adds": round(two / one - 1, 3),
        },
        f"{hits:.0%} of the names came from the cache"
        f"\n  {CONNECTIONS_A_SECOND:,} connections a second that all wait: {waited.open_windows:,} windows open, "
        f"{waited.lag_seconds:.1f} s behind at most, peak {waited.peak_rss_mib:.0f} MiB"
        f"\n  killed in that state, back in step {waited.restart_seconds:.1f} s after the restart"
        f"\n  one worker settles {one:,.0f} records/s, two {two:,.0f}: the second adds {two / one - 1:.0%}",
    )
