"""The reader `display-journal` over the IBM i double, and the HEC double, as several test modules need them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from dev.hec import Hec
from dev.ibmi import Control, Ibmi
from producer.display_journal import DisplayJournalReader
from runtime.embedded import EmbeddedBroker
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from schemas.topics import all_topics
from tests.integration.journal import NOW, Open, opening
from tests.integration.splunk_double import Double


@pytest.fixture
def control(ibmi: Ibmi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    for name, value in ibmi.environment().items():
        monkeypatch.setenv(name, value)
    ibmi.control.reset(clock=NOW)
    yield ibmi.control
    ibmi.control.reset()


@pytest.fixture
def open_reader(ibmi: Ibmi, control: Control) -> Iterator[Open]:
    with opening(ibmi) as open_one:
        yield open_one


@pytest.fixture
def reader(open_reader: Open) -> DisplayJournalReader:
    return open_reader()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """Of one file in the test's own folder."""
    found = EmbeddedBroker(tmp_path / "broker.db", metrics=Metrics("test"), shutdown=Shutdown())
    found.ensure(all_topics(1))
    yield found
    found.close()


@pytest.fixture
def double(hec: Hec) -> Iterator[Double]:
    made = Double(hec, urllib3.PoolManager())
    for what in ("indexed", "faults", "counts"):
        made.http.request("DELETE", f"{hec.url}/control/{what}")
    yield made
    made.http.clear()
