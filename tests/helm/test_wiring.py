"""The containers of the manifests, run as processes with exactly the command and environment that stand there."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dev.hec import Hec
from dev.ibmi import Ibmi
from dev.kafka import Kafka
from dev.part import free_port
from runtime.kafka import KafkaBroker
from runtime.settings import BrokerSettings
from schemas.topics import ENTRIES
from tests.e2e.conftest import BEFORE_THE_JOURNAL
from tests.e2e.pipeline import write_journal
from tests.fakes.running import running_as
from tests.helm.rendered import Manifest, container, environment, render
from tests.missing import or_give_up
from tests.processes import wait_until

ROWS = 400


@pytest.fixture
def kafka_of_its_own(tmp_path: Path) -> Iterator[Kafka]:
    """Topic names are fixed, so it is not the one that other tests share."""
    own = Kafka(port=free_port(), data=tmp_path / "kafka")
    or_give_up(own.start)
    try:
        yield own
    finally:
        own.stop()


@pytest.fixture
def hec_of_its_own(tmp_path: Path) -> Iterator[Hec]:
    with Hec(port=free_port(), data=tmp_path / "hec") as own:
        yield own


def test_the_containers_of_the_chart_bring_entries_from_the_journal_into_the_siem(
    kafka_of_its_own: Kafka, hec_of_its_own: Hec, ibmi: Ibmi, tmp_path: Path
) -> None:
    written = write_journal(ROWS, seed=8)
    ibmi.control.reset(BEFORE_THE_JOURNAL)
    ibmi.control.set_clock(None)
    ibmi.control.append(written.entries)
    manifests = render(values_for(kafka_of_its_own, hec_of_its_own, ibmi))
    secrets = secrets_of(hec_of_its_own, ibmi)

    init = run(container(manifests, "sk-sk2siem-init"), "sk-sk2siem-init-x", secrets)
    with ExitStack() as running:
        for name in ("producer-prod1", "enricher", "splunk"):
            workload = f"sk-sk2siem-{name}"
            one = container(manifests, workload)
            running.enter_context(started(one, f"{workload}-0", secrets, tmp_path / f"{name}.log"))
        wait_until("all entries arrived", lambda: len(indexed(hec_of_its_own)) >= len(written.ids), 60)

    assert init.returncode == 0, init.stderr
    assert published(kafka_of_its_own) == written.ids
    assert indexed(hec_of_its_own) == written.ids


def values_for(kafka: Kafka, hec: Hec, ibmi: Ibmi) -> dict[str, Any]:
    """The doubles listen on this machine, and each service needs a port of its own there."""
    return {
        "settings": {
            "broker": {"url": kafka.url},
            "splunk": {"url": hec.url},
            # by port alone each entry has a verdict or is an event, so that every id can be followed to the end
            "enricher": {"policy": "ports", "dns": {"enabled": False}},
        },
        "secrets": {"splunk": {"name": "hec"}},
        "systems": [
            {
                "name": "PROD1",
                "settings": {
                    "ops": {"port": free_port()},
                    "ibmi": {"system": ibmi.exports()["SK2SIEM_IBMI__SYSTEM"]},
                    "producer": {"time_zone": "Europe/Vienna", "read_share": 1},
                },
                "secrets": {"ibmi": {"name": "prod1"}},
                "pod": {"extraEnv": [{"name": name, "value": text} for name, text in ibmi.environment().items()]},
            }
        ],
        "enricher": {"settings": {"ops": {"port": free_port()}}},
        "sinks": {"splunk": {"enabled": True, "settings": {"ops": {"port": free_port()}}}},
    }


def secrets_of(hec: Hec, ibmi: Ibmi) -> dict[str, dict[str, str]]:
    """The secrets that an operator would have made before."""
    of_ibmi = ibmi.exports()
    return {
        "hec": {"token": hec.exports()["SK2SIEM_SPLUNK__TOKEN"]},
        "prod1": {"username": of_ibmi["SK2SIEM_IBMI__USERNAME"], "password": of_ibmi["SK2SIEM_IBMI__PASSWORD"]},
    }


def run(one: Manifest, pod: str, secrets: dict[str, dict[str, str]]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(one), env=given(one, pod, secrets), capture_output=True, text=True, check=False, timeout=60
    )


@contextmanager
def started(one: Manifest, pod: str, secrets: dict[str, dict[str, str]], log: Path) -> Iterator[None]:
    """The container as a process, that must end with 0 when it is asked to."""
    with log.open("wb") as output:
        process = subprocess.Popen(command(one), env=given(one, pod, secrets), stdout=output, stderr=output)
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def command(one: Manifest) -> list[str]:
    return [*one["command"], *one["args"]]


def given(one: Manifest, pod: str, secrets: dict[str, dict[str, str]]) -> dict[str, str]:
    """The image's PATH, and what the manifest says; nothing of this process. Here nobody asks from outside."""
    said = {**environment(one, pod=pod, secrets=secrets), "SK2SIEM_OPS__HOST": "127.0.0.1"}
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin", **said}


def published(kafka: Kafka) -> set[str]:
    broker = KafkaBroker(BrokerSettings(url=kafka.url), running_as(), batch_size=1000)
    try:
        return {json.loads(record.value)["id"] for record in broker.read(ENTRIES) if record.type == "entry"}
    finally:
        broker.close()


def indexed(hec: Hec) -> set[str]:
    """The ids of what has a verdict, or is an event."""
    with urllib.request.urlopen(f"{hec.url}/control/indexed", timeout=60) as answer:
        lines = [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]
    connections = [line["event"] for line in lines if line["sourcetype"] != "ibmi:alert"]
    return {event["event_id"] for event in connections if not event["event_id"].endswith(".status")}
