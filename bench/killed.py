"""What each program loses and doubles when it is killed twice in mid-run, on a topic in which no id comes twice."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import orjson

from bench import rsyslog, siems, stock
from bench.ground import Contest, Ground, Run
from bench.measurement import Added, Measurement
from bench.prepared import OUTCOMES, SERVICE, broker_of
from bench.processes import LONGEST_SECONDS, ProgramFailed
from bench.rivals import WORKERS, where_installed
from bench.siems import ElasticSiem, Siem
from bench.watched import Watched
from runtime.record import Record
from schemas.topics import VERDICTS

KILLED_AT = (1 / 3, 2 / 3)
LOOK_SECONDS = 0.1
QUIET_SECONDS = 15.0
"""Nothing came for so long: nothing comes any more. A group notices after 10 s at most that a member is dead."""
ENDLESS = "1000000000"

Start = Callable[[str], Watched]


@dataclass(slots=True)
class Trial:
    """The programs one after the other, each from the beginning of the topic into a place of its own."""

    ground: Ground
    siem: Siem
    exports: Mapping[str, str]
    expected: frozenset[str]
    found: dict[str, dict[str, int]] = field(default_factory=dict)

    def play(self, side: str, start: Start, number: int) -> Measurement:
        name = f"{side}{number}"
        self.siem.begin(name)
        measurement = self._run(name, start)
        self.note(side, name)
        return measurement

    def note(self, side: str, name: str) -> None:
        """What this run lost and doubled, on top of the rounds before it."""
        ids = self.siem.ids(name)
        before = self.found.get(side, {"lost": 0, "doubled": 0})
        self.found[side] = {
            "lost": before["lost"] + len(self.expected - set(ids)),
            "doubled": before["doubled"] + len(ids) - len(set(ids)),
        }

    def _run(self, name: str, start: Start) -> Measurement:
        """Seconds count up to the last event, with what two new starts cost."""
        cpu, peak, counted, began, last = 0.0, 0.0, 0, 0.0, time.monotonic()
        deadline = last + LONGEST_SECONDS
        kills = [int(len(self.expected) * share) for share in KILLED_AT]
        program = start(name)
        try:
            while time.monotonic() < last + QUIET_SECONDS or not counted:
                if program.ended or time.monotonic() > deadline:
                    raise ProgramFailed(f"{name} stored {counted} of {len(self.expected)}; see {self.ground.log}")
                time.sleep(LOOK_SECONDS)
                if (now := self.siem.count(name)) > counted:
                    counted, last, began = now, time.monotonic(), began or time.monotonic()
                if kills and counted >= kills[0]:
                    kills.pop(0)
                    cpu, peak = cpu + program.cpu_seconds, max(peak, program.peak_rss_mib)
                    program.kill()
                    program = start(name)
            cpu, peak = cpu + program.cpu_seconds, max(peak, program.peak_rss_mib)
        finally:
            program.kill()
        return Measurement(len(self.expected), len(KILLED_AT), last - began, cpu, peak)

    def service(self, name: str) -> Watched:
        return self._watched([sys.executable, "-m", "cli", "run", self.siem.sink], name)

    def raw(self, name: str) -> Watched:
        return self._watched([sys.executable, "-m", "bench.bare_raw", self.siem.sink, ENDLESS], name)

    def _watched(self, command: list[str], name: str) -> Watched:
        settings = {**SERVICE, **self.exports, **self.siem.settings(name), "SK2SIEM_OPS__PORT": "0"}
        return Watched(command, settings | dict(self.ground.tried), self.ground.log)

    def forget(self) -> None:
        sink = self.siem.sink
        for group in (sink, f"raw-{sink}"):
            stock.forget_group({**SERVICE, **self.exports, **self.siem.settings("any")}, group)

    def added(self) -> Added:
        words = [f"{side} lost {one['lost']:,} and doubled {one['doubled']:,}" for side, one in self.found.items()]
        figures = {"killed": len(KILLED_AT), "published": len(self.expected), "outcome": self.found}
        return Added(figures, f"of {len(self.expected):,} a round, killed twice: " + "; ".join(words))


@contextmanager
def elastic(ground: Ground) -> Iterator[Contest]:
    """Kafka to Elasticsearch."""
    with siems.elastic(ground.folder / "killed") as siem, _trial(ground, siem) as trial:
        bootstrap = trial.exports["SK2SIEM_BROKER__URL"].removeprefix("kafka://")

        def start(server: ElasticSiem, name: str) -> Watched:
            way = rsyslog.Way(bootstrap, server.server.port, server.index(name), WORKERS)
            return rsyslog.start(way, ground.folder / name, ground.log)

        yield _contest(trial, where_installed({"rsyslog": partial(trial.play, "rsyslog", partial(start, siem))}))


@contextmanager
def splunk(ground: Ground) -> Iterator[Contest]:
    """Kafka to the HEC double."""
    with siems.splunk(ground.folder / "killed") as siem, _trial(ground, siem) as trial:
        yield _contest(trial, {})


def _contest(trial: Trial, beside: Mapping[str, Run]) -> Contest:
    def played(side: str, start: Start, number: int) -> Measurement:
        try:
            return trial.play(side, start, number)
        finally:
            trial.forget()

    def raw(number: int) -> Measurement:
        """And the others behind it."""
        bare = played("raw", trial.raw, number)
        for run in beside.values():
            run(number)
        return bare

    return Contest(partial(played, "sk2siem", trial.service), raw, len(trial.expected), added=trial.added)


@contextmanager
def _trial(ground: Ground, siem: Siem) -> Iterator[Trial]:
    """A Kafka of its own: verdicts and events, each once, and no alerts."""
    stored = [one for one in broker_of(ground.prepared.path()).read(VERDICTS) if one.type in OUTCOMES]
    records = [Record(VERDICTS, one.key, one.value, one.type, place % 6) for place, one in enumerate(stored)]
    expected = frozenset(orjson.loads(one.value)["id"] for one in stored)
    with stock.kafka(ground.folder / f"kafka-{siem.sink}-once", iter(records), len(records)) as kafka:
        yield Trial(ground, siem, kafka.exports(), expected)
