"""The reader `display-journal` over the IBM i double, as several test modules need it."""

from collections.abc import Iterator

import pytest

from dev.ibmi import Control, Ibmi
from producer.display_journal import DisplayJournalReader
from tests.integration.journal import NOW, Open, opening


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
