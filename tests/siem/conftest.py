"""The vendors' own tools, fetched once."""

from pathlib import Path

import pytest

from dev.content import tools
from tests.missing import or_give_up


@pytest.fixture(scope="session")
def promtool() -> Path:
    return or_give_up(tools.promtool)


@pytest.fixture(scope="session")
def sigma_tool() -> Path:
    return or_give_up(tools.sigma)


@pytest.fixture(scope="session")
def appinspect() -> Path:
    return or_give_up(tools.appinspect)
