"""What an operator sees when the broker is away, full or frozen; and that nothing is lost by it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from dev.kafka import Kafka
from dev.part import free_port
from schemas.topics import VERDICTS
from tests.e2e.small import Small
from tests.processes import ServiceProcess, lasting, wait_until

SMALL_FILE = 400_000
Over = Callable[..., Small]
Mend = Callable[[ServiceProcess], object]
Full = tuple[Path, tuple[str, ...], Mend]
"""The folder of the broker, what stands before the command of the service, and what gives it space."""

WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture(scope="module")
def own_kafka(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """With topics, and nothing else on it; `kafka` proves that Kafka can be had."""
    del kafka
    folder = tmp_path_factory.mktemp("own")
    with Kafka(port=free_port(), data=folder / "kafka") as part:
        Small(folder, part.url).init()
        yield part


@pytest.fixture
def over() -> Iterator[Over]:
    """Makes `Small`s; their services are ended however the test ends."""
    with ExitStack() as stack:

        def make(folder: Path, url: str = "", **journal: Any) -> Small:
            small = Small(folder, url, **journal)
            stack.callback(small.discard)
            return small

        yield make


def seen(service: ServiceProcess) -> tuple[int, int]:
    """The answers of /livez and /readyz."""
    return service.get("/livez")[0], service.get("/readyz")[0]


def test_a_folder_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    small = Small(tmp_path / "later" / "broker")
    producer = Small(tmp_path, small.url).service("producer")

    with producer:
        wait_until("it says why it waits", lambda: "cannot be opened" in producer.get("/readyz")[1], 60)
        waiting = seen(producer)
        small.folder.mkdir(parents=True)
        exit_code = producer.wait(60)

    assert waiting == (200, 503)
    assert exit_code == 0
    small.assert_read_once()


def test_a_folder_that_may_not_be_written_to_is_waited_for(tmp_path: Path) -> None:
    small = Small(tmp_path / "guarded")
    small.folder.mkdir(mode=0o555)
    prefix = WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ()
    producer = Small(tmp_path, small.url).service("producer", *prefix)

    with producer:
        wait_until("it says why it waits", lambda: "look at the folder's rights" in producer.get("/readyz")[1], 60)
        waiting = seen(producer)
        small.folder.chmod(0o755)
        exit_code = producer.wait(60)

    assert waiting == (200, 503)
    assert exit_code == 0
    assert len(producer.events("waiting")) == 1
    small.assert_read_once()


@contextmanager
def file_that_may_not_grow(folder: Path) -> Iterator[Full]:
    def mend(service: ServiceProcess) -> None:
        psutil.Process(service.process.pid).rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))

    yield folder, ("prlimit", f"--fsize={SMALL_FILE}:unlimited"), mend


@contextmanager
def full_disk(folder: Path) -> Iterator[Full]:
    """The broker's file and the log stand on it together."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={2 * SMALL_FILE}", "none", disk], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield disk, (), lambda _: subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize(
    "disk",
    [pytest.param(file_that_may_not_grow, id="the file may not grow"), pytest.param(full_disk, id="the disk is full")],
)
def test_a_full_disk_is_waited_for_and_loses_nothing(
    disk: Callable[[Path], AbstractContextManager[Full]], tmp_path: Path
) -> None:
    with disk(tmp_path) as (folder, prefix, mend):
        small = Small(folder)
        producer = small.service("producer", *prefix)
        with producer:
            wait_until("it says why it waits", lambda: "is the disk full" in producer.get("/readyz")[1], 60)
            waiting = seen(producer)
            stored = sum(small.ids("sk.entries", "entry").values())
            mend(producer)
            exit_code = producer.wait(60)
        small.assert_read_once()

        assert waiting == (200, 503)
        assert 0 < stored < len(small.written)
        assert exit_code == 0


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    small = Small(tmp_path)
    producer = small.service("producer")
    producer.log = Path("/dev/full")

    with producer:
        exit_code = producer.wait(60)

    assert exit_code == 0
    small.assert_read_once()


def test_a_kafka_that_is_away_is_waited_for(over: Over, own_kafka: Kafka, tmp_path: Path) -> None:
    small = over(tmp_path, own_kafka.url, system="AWAY")
    services = [small.service("producer"), small.service("enricher")]
    own_kafka.stop()
    try:
        for service in services:
            service.start()
        wait_until("both say why they wait", lambda: all("ECONNREFUSED" in s.get("/readyz")[1] for s in services), 60)
        waiting = [seen(service) for service in services]
    finally:
        own_kafka.start()
    producer_code = services[0].wait(90)
    wait_until("every entry is judged", lambda: small.ids(VERDICTS, "verdict", "event").keys() == small.written, 90)
    ready = seen(services[1])
    enricher_code = services[1].stop()

    assert waiting == [(200, 503)] * 2
    assert ready == (200, 200)
    assert (producer_code, enricher_code) == (0, 0)
    assert len(services[0].events("waiting")) <= 3
    small.assert_judged_once()


def in_hand(service: ServiceProcess) -> float:
    """How many items were received and are not durable yet."""
    return service.metric("items_received_total") - service.metric("items_accepted_total")


def frozen_for_too_long(_: ServiceProcess) -> None:
    """Nobody does anything: the time of SK2SIEM_LOOP__STUCK_AFTER goes by."""


def asked_to_stop(service: ServiceProcess) -> None:
    service.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("system", "settings", "then"),
    [
        pytest.param("STUCK", {"SK2SIEM_LOOP__STUCK_AFTER": "8"}, frozen_for_too_long, id="for too long"),
        pytest.param("STOPPED", {"SK2SIEM_LOOP__GRACE": "2"}, asked_to_stop, id="and a stop is asked for"),
    ],
)
def test_a_call_that_a_frozen_kafka_never_answers_ends_the_process_and_loses_nothing(
    system: str,
    settings: dict[str, str],
    then: Callable[[ServiceProcess], None],
    over: Over,
    own_kafka: Kafka,
    tmp_path: Path,
) -> None:
    small = over(tmp_path, own_kafka.url, system=system, entries=6_000)
    stuck = small.service("producer", SK2SIEM_SIMULATOR__SPEED="600", **settings)
    producer = small.service("producer")
    newcomer = small.service("enricher")
    stuck.start()
    wait_until("it delivers, with more to come", lambda: stuck.metric("items_accepted_total") > 0, 60)
    assert own_kafka.pid is not None
    os.kill(own_kafka.pid, signal.SIGSTOP)
    try:
        wait_until("it has a batch in hand that gets nowhere", lasting(lambda: in_hand(stuck) > 0), 60)
        then(stuck)
        exit_code = stuck.wait(60)
        newcomer.start()
        wait_until("a newcomer says why it waits", lambda: "Kafka: " in newcomer.get("/readyz")[1], 60)
        alive = newcomer.get("/livez")[0]
    finally:
        os.kill(own_kafka.pid, signal.SIGCONT)
    producer.start()
    producer_code = producer.wait(120)
    wait_until("every entry is judged", lambda: small.ids(VERDICTS, "verdict", "event").keys() == small.written, 90)
    newcomer_code = newcomer.stop()

    assert exit_code == 75
    assert "did not return" in stuck.log_text()
    assert alive == 200
    assert (producer_code, newcomer_code) == (0, 0)
    small.assert_judged_once()
