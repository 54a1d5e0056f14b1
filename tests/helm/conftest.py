"""The chart's tools, fetched before the first test; without helm there is nothing to test here."""

import pytest

from dev.chart import tools
from tests.missing import or_give_up


@pytest.fixture(scope="session", autouse=True)
def helm() -> None:
    or_give_up(tools.helm)
