"""Requests are gzip whoever makes it: ISA-L, or zlib where that is not there."""

import gzip
import importlib
import sys
from collections.abc import Iterator

import pytest

import sinks.compression

BODY = b'{"event":{"kind":"event","category":["network"]}}\n' * 500


@pytest.fixture(params=["isal", "zlib"])
def maker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Which of them is used; the other one is not there."""
    if request.param == "zlib":
        for name in [name for name in sys.modules if name.split(".")[0] == "isal"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "isal", None)
    importlib.reload(sinks.compression)
    yield request.param
    monkeypatch.undo()
    importlib.reload(sinks.compression)


def test_what_is_packed_is_the_same_again_and_small(maker: str) -> None:
    packed = sinks.compression.gzipped(BODY)

    assert vars(sinks.compression)["compress"].__module__.startswith(maker)
    assert gzip.decompress(packed) == BODY
    assert len(packed) < len(BODY) / 10


def test_the_same_body_is_packed_alike_at_any_time(maker: str) -> None:
    """No time is in it."""
    packed = sinks.compression.gzipped(BODY)

    assert packed[4:8] == bytes(4)
