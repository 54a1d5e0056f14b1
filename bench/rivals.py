"""The sinks against what somebody would use instead, on one topic and one warm server: raw values, and rsyslog.

Into Elasticsearch raw values go twice: into an index that is prepared for them, and into one that is not.

A bare program with prebuilt bodies stands beside them, as the measure of what the client and the server can do at most.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median

from bench import rsyslog, siems, stock
from bench.ground import Contest, Ground, Run, verdicts
from bench.measurement import Added, Measurement
from bench.prepared import SERVICE
from bench.processes import Program, run
from bench.siems import Siem
from dev.part import Missing

WORKERS = 2
WARMING = (1001, 1002)
"""These runs go before the first round: Java needs some 400,000 documents until it has compiled what is used."""

UNPREPARED_RUNS = 2000
"""Added to the number of a round: each run has an index of its own."""


@dataclass(slots=True)
class Beside:
    """Programs that did the same as the service, a run of each in every round."""

    runs: Mapping[str, Run]
    service: list[Measurement] = field(default_factory=list)
    rivals: dict[str, list[Measurement]] = field(default_factory=dict)

    def run_service(self, run: Run, number: int) -> Measurement:
        self.service.append(run(number))
        return self.service[-1]

    def run_bare(self, run: Run, number: int) -> Measurement:
        """And the rivals behind it."""
        bare = run(number)
        for name, rival in self.runs.items():
            self.rivals.setdefault(name, []).append(rival(number))
        return bare

    def added(self) -> Added:
        """`share` is how much of the rival's rate the service reaches; CPU µs an entry are seconds a million."""
        ours = median(one.entries_per_second for one in self.service)
        figures: dict[str, dict[str, float]] = {}
        for name, rival in self.rivals.items():
            rate = median(one.entries_per_second for one in rival)
            figures[name] = {
                "entries_per_second": round(rate, 1),
                "share": round(ours / rate, 3),
                "cpu_us_per_entry": round(median(one.cpu_us_per_entry for one in rival), 2),
                "peak_rss_mib": round(max(one.peak_rss_mib for one in rival), 1),
            }
        words = [
            f"{name} {one['entries_per_second']:,.0f} entries/s (share {one['share']:.2f}), "
            f"{one['cpu_us_per_entry']:.0f} CPU µs, {one['peak_rss_mib']:.0f} MiB"
            for name, one in figures.items()
        ]
        return Added({"beside": figures}, "; ".join(words))


@contextmanager
def elastic(ground: Ground) -> Iterator[Contest]:
    """Kafka to Elasticsearch."""
    with verdicts(ground) as exports, siems.elastic(ground.folder / "rivals") as siem:

        def syslog(number: int) -> Measurement:
            name = f"rsyslog{number}"
            siem.begin(name)
            bootstrap = exports["SK2SIEM_BROKER__URL"].removeprefix("kafka://")
            way = rsyslog.Way(bootstrap, siem.server.port, siem.index(name), WORKERS)
            stored = partial(siem.count, name)
            return rsyslog.measure(way, ground.unique, stored, folder=ground.folder / name, log=ground.log)

        service, raw, prebuilt = sides(ground, siem, exports)
        _, unprepared, _ = sides(ground, replace(siem, raw_index=siems.UNPREPARED), exports)
        beside = {
            "prebuilt": prebuilt,
            "raw without a template": lambda number: unprepared(number + UNPREPARED_RUNS),
            **where_installed({"rsyslog": syslog}),
        }
        for number in WARMING:
            raw(number)
            service(number)
        yield _contest(ground, service, raw, Beside(beside))


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double."""
    with verdicts(ground) as exports, siems.splunk(ground.folder / "rivals") as siem:
        service, raw, prebuilt = sides(ground, siem, exports)
        yield _contest(ground, service, raw, Beside({"prebuilt": prebuilt}))


def where_installed(runs: Mapping[str, Run]) -> Mapping[str, Run]:
    """These runs of rsyslog, or none where it cannot be had: what it does is nothing that we have to prove."""
    try:
        rsyslog.install()
    except Missing as missing:
        print(f"rsyslog is left out: {missing}", file=sys.stderr)
        return {}
    return runs


def sides(ground: Ground, siem: Siem, exports: Mapping[str, str]) -> tuple[Run, Run, Run]:
    """The service, the program with raw values, and the one with prebuilt bodies."""
    sink = siem.sink

    def measured(make: Callable[[Mapping[str, str]], Program], side: str, number: int) -> Measurement:
        name = f"{side}{number}"
        siem.begin(name)
        used = {**exports, **siem.settings(name)}
        try:
            return run(make(used), ground.log)
        finally:
            stock.forget_group({**SERVICE, **used}, f"raw-{sink}" if side == "raw" else sink)

    def raw(settings: Mapping[str, str]) -> Program:
        return Program("bench.bare_raw", [sink, str(ground.unique)], {**SERVICE, **settings, **ground.tried})

    return (
        partial(measured, lambda used: ground.service(sink, used, ground.unique), "service"),
        partial(measured, raw, "raw"),
        partial(measured, lambda used: ground.bare(sink, used, ground.unique), "prebuilt"),
    )


def _contest(ground: Ground, service: Run, raw: Run, beside: Beside) -> Contest:
    return Contest(
        partial(beside.run_service, service), partial(beside.run_bare, raw), ground.waiting, added=beside.added
    )
