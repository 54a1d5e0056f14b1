"""What is stored with an offset: small, whatever happened, and never a reason to fail."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.flow import Tally
from runtime.offset_metadata import OffsetMetadata, load
from runtime.record import Offset

KAFKA_LIMIT_BYTES = 4096

numbers = st.integers(0, 2**63 - 1)
metadata = st.builds(
    OffsetMetadata,
    low=st.none() | numbers.map(Offset),
    policy=st.text("0123456789abcdef", max_size=64),
    tally=st.builds(Tally, numbers, numbers, numbers),
    open=st.none() | numbers.map(Offset),
)
documents = st.recursive(
    st.none() | st.integers(0, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["v", "low", "policy", "rejected"]), inner),
    max_leaves=8,
)


@given(metadata)
def test_it_comes_back_as_it_was_and_never_grows(written: OffsetMetadata) -> None:
    text = written.dump()

    assert load(text) == written
    assert len(text.encode()) < 256 < KAFKA_LIMIT_BYTES


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("committed by hand", id="not JSON"),
        pytest.param("{", id="cut off"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="a list"),
        pytest.param("5", id="a number"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"low": 4, "policy": "abc"}', id="no tally"),
        pytest.param('{"low": 4, "policy": "abc", "rejected": [1, 2, 3, 4, 5]}', id="too long a tally"),
        pytest.param('{"low": 4, "policy": "abc", "rejected": null}', id="null as tally"),
    ],
)
def test_what_another_tool_stored_counts_as_nothing(text: str | None) -> None:
    assert load(text) == OffsetMetadata()


def test_what_was_open_matters_only_under_another_policy() -> None:
    written = OffsetMetadata(policy="old", open=Offset(7))

    assert (written.undecided_from("old"), written.undecided_from("new")) == (None, 7)


@settings(max_examples=50)
@given(st.text() | documents.map(json.dumps))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(load(text), OffsetMetadata)
