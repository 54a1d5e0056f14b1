"""What is written by dev.content is fresh."""

from pathlib import Path

import pytest

from dev.content.written import SIEM, WRITTEN
from tests.missing import or_give_up


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(SIEM)))
def test_a_written_file_is_fresh(path: Path) -> None:
    assert path.read_text() == or_give_up(WRITTEN[path]), "python -m dev.content write"
