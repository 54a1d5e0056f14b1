"""Every process is killed again and again while entries keep coming; nothing is lost, nothing is doubled in between."""

import random
import threading
from typing import Self

import pytest

from dev.ibmi import JournalEntry
from tests.e2e.assertions import assert_nothing_lost
from tests.e2e.pipeline import NAMES, Pipeline, write_journal
from tests.processes import ServiceProcess, wait_until

ENTRIES = 50_000
KILLS_EACH = 5
CHUNK = 2_000
PACE_SECONDS = 0.25
WRITES_FOR_A_KILL = 20
DELIVERS_WITHIN_SECONDS = 10
SEED = 11


class Writer:
    """Appends to the journal so slowly that every restart still finds work, and the rest at the end."""

    def __init__(self, pipeline: Pipeline, entries: list[JournalEntry], kills: int) -> None:
        self._pipeline = pipeline
        self._rest = entries
        self._kills_left = kills
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._append(CHUNK)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._append(len(self._rest))

    def pause(self, seconds: float) -> None:
        self._kills_left -= 1
        self._done.wait(seconds)

    def _write(self) -> None:
        while not self._done.wait(PACE_SECONDS):
            self._append(len(self._rest) // (WRITES_FOR_A_KILL * (self._kills_left + 1)))

    def _append(self, count: int) -> None:
        chunk, self._rest = self._rest[:count], self._rest[count:]
        if chunk:
            self._pipeline.write(chunk)


def wait_until_it_delivers(service: ServiceProcess, seconds: float) -> None:
    """Until the process, since it started, has made something durable."""
    try:
        wait_until(f"{service.name} delivers", lambda: service.metric("items_accepted_total") > 0, seconds)
    except AssertionError as late:
        received = service.metric("items_received_total")
        raise AssertionError(
            f"{late}; received {received:.0f} items; its log ends with\n{service.last_words()}"
        ) from late


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_nothing_is_lost_when_every_process_is_killed_five_times(pipeline: Pipeline) -> None:
    dice = random.Random(SEED)
    written = write_journal(ENTRIES, seed=SEED)
    kills = [name for name in NAMES for _ in range(KILLS_EACH)]
    dice.shuffle(kills)

    with Writer(pipeline, written.entries, len(kills)) as writer:
        for name in NAMES:
            pipeline.services[name].start()
        for name in NAMES:
            wait_until_it_delivers(pipeline.services[name], 60)
        for name in kills:
            service = pipeline.services[name]
            writer.pause(dice.uniform(0.0, 1.5))
            service.kill()
            service.start()
            wait_until_it_delivers(service, DELIVERS_WITHIN_SECONDS)
    wait_until("the journal is read", lambda: pipeline.has_read(written.entries[-1]), 240)
    wait_until("every consumer has caught up", pipeline.settled, 240)
    for name in NAMES:
        pipeline.services[name].stop()

    assert_nothing_lost(pipeline, written, doubles_in_splunk=True)
