"""The sinks against what somebody would use instead, on one topic and one warm server: raw values, and rsyslog.

A bare program with prebuilt bodies stands beside them, as the measure of what the client and the server can do at most.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from bench import rsyslog, siems, stock
from bench.contests import MORE_THAN_A_BATCH, Contest, Ground, Run, verdicts
from bench.measurement import Measurement
from bench.prepared import SERVICE
from bench.processes import Program, run
from bench.siems import Siem

WORKERS = 2
ANSWER_SECONDS = 0.25


@contextmanager
def elastic(ground: Ground) -> Iterator[Contest]:
    """Kafka to Elasticsearch."""
    with verdicts(ground) as exports, siems.elastic(ground.folder / "rivals") as siem:

        def syslog(number: int) -> Measurement:
            name = f"rsyslog{number}"
            siem.begin(name)
            bootstrap = exports["SK2SIEM_BROKER__URL"].removeprefix("kafka://")
            way = rsyslog.Way(bootstrap, siem.server.port, siem.index(name), WORKERS)
            folder = ground.folder / name
            return rsyslog.measure(way, _entries(ground), partial(siem.count, name), folder=folder, log=ground.log)

        contest = _contest(ground, siem, exports, {"rsyslog": syslog})
        for warm in (contest.bare, contest.service):
            warm(0)
        yield contest


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double."""
    with verdicts(ground) as exports, siems.splunk(ground.folder / "rivals") as siem:
        yield _contest(ground, siem, exports, {})


@contextmanager
def slow_splunk(ground: Ground) -> Iterator[Contest]:
    """The same where every answer takes a while: what waits must not pile up in memory."""
    with verdicts(ground) as exports, siems.splunk(ground.folder / "slow") as siem:
        siem.slow(ANSWER_SECONDS)
        yield _contest(ground, siem, exports, {})


def _contest(ground: Ground, siem: Siem, exports: Mapping[str, str], beside: Mapping[str, Run]) -> Contest:
    entries, sink = _entries(ground), siem.sink

    def measured(make: Callable[[Mapping[str, str]], Program], side: str, number: int) -> Measurement:
        name = f"{side}{number}"
        siem.begin(name)
        used = {**exports, **siem.settings(name)}
        try:
            return run(make(used), ground.log)
        finally:
            stock.forget_group({**SERVICE, **used}, f"raw-{sink}" if side == "raw" else sink)

    def raw(settings: Mapping[str, str]) -> Program:
        return Program("bench.bare_raw", [sink, str(entries)], {**SERVICE, **settings, **ground.tried})

    return Contest(
        partial(measured, lambda used: ground.service(sink, used, entries), "service"),
        partial(measured, raw, "raw"),
        ground.waiting,
        {"prebuilt": partial(measured, lambda used: ground.bare(sink, used, entries), "prebuilt"), **beside},
    )


def _entries(ground: Ground) -> int:
    """So many that no id comes twice: a SIEM that knows an id answers otherwise."""
    return ground.prepared.outcomes - MORE_THAN_A_BATCH
