"""Every process is killed again and again while entries keep coming; nothing is lost, nothing is doubled in between."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dev.ibmi import JournalEntry
from tests.e2e.assertions import assert_nothing_lost
from tests.e2e.pipeline import NAMES, Pipeline, write_journal
from tests.e2e.processes import ServiceProcess, wait_until

ENTRIES = 50_000
KILLS_EACH = 5
CHUNK = 500
DELIVERS_WITHIN_SECONDS = 10
SEED = 11


@contextmanager
def writing(pipeline: Pipeline, entries: list[JournalEntry], done: threading.Event) -> Iterator[None]:
    """Append to the journal, chunk by chunk, so that every restart finds work; the rest at the end."""
    rest = [entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK)]
    pipeline.write(rest.pop(0))

    def write() -> None:
        while rest and not done.wait(0.5):
            pipeline.ibmi.control.append(rest.pop(0))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for chunk in rest:
            pipeline.ibmi.control.append(chunk)


def wait_until_it_delivers(service: ServiceProcess, seconds: float) -> None:
    """Until the process, since it started, has made something durable."""
    wait_until(f"{service.name} delivers", lambda: service.metric("items_accepted_total") > 0, seconds)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_nothing_is_lost_when_every_process_is_killed_five_times(pipeline: Pipeline) -> None:
    dice = random.Random(SEED)
    written = write_journal(ENTRIES, seed=SEED)
    kills = [name for name in NAMES for _ in range(KILLS_EACH)]
    dice.shuffle(kills)

    with writing(pipeline, written.entries, done := threading.Event()):
        for name in NAMES:
            pipeline.services[name].start()
        for name in NAMES:
            wait_until_it_delivers(pipeline.services[name], 60)
        for name in kills:
            service = pipeline.services[name]
            done.wait(dice.uniform(0.0, 1.5))
            service.kill()
            service.start()
            wait_until_it_delivers(service, DELIVERS_WITHIN_SECONDS)
    wait_until("the journal is read", lambda: pipeline.has_read(written.entries[-1]), 120)
    wait_until("every consumer has caught up", pipeline.settled, 120)
    for name in NAMES:
        pipeline.services[name].stop()

    assert_nothing_lost(pipeline, written, doubles_in_splunk=True)
