"""What the tests of reports stand on."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, and no settings."""
    for name in [name for name in os.environ if name.startswith("SK2SIEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SK2SIEM_ENRICHER__DNS__ENABLED", "false")
    monkeypatch.chdir(tmp_path)
    return tmp_path
