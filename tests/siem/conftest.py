"""The vendors' own tools, fetched once."""

from pathlib import Path

import pytest

from dev.content import tools
from tests.missing import or_give_up


@pytest.fixture(scope="session")
def promtool() -> Path:
    return or_give_up(tools.promtool)
