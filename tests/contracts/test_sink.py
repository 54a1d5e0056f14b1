"""What every sink promises, on every sink: a fake, Splunk's collector (a double), a real Elasticsearch, files."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from dev.elasticsearch import Elasticsearch
from dev.hec import ACK_TOKEN, Hec
from dev.rsyslog import Rsyslog
from runtime.errors import Unavailable
from sinks.sink import Parcel
from tests.contracts import siems
from tests.contracts.siems import Siem
from tests.unit.sinks.samples import parcel, verdict

Open = dict[str, Callable[[], AbstractContextManager[Siem]]]
PartT = TypeVar("PartT")

MANY = 25  # several requests, the last one not full


@pytest.fixture
def by_name(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Only the part that is asked for is started."""
    return {
        "fake": siems.fake,
        "splunk": lambda: siems.splunk(_part(request, "hec", Hec)),
        "splunk-acknowledged": lambda: siems.splunk(_part(request, "hec", Hec), ACK_TOKEN, acknowledgement=True),
        "elastic": lambda: siems.elastic(_part(request, "elasticsearch", Elasticsearch)),
        "file": lambda: siems.file(tmp_path),
        "syslog": lambda: siems.syslog(_part(request, "rsyslog", Rsyslog)),
    }


@pytest.fixture(params=["fake", "splunk", "splunk-acknowledged", "elastic", "file", "syslog"])
def siem(request: pytest.FixtureRequest, by_name: Open) -> Iterator[Siem]:
    with by_name[request.param]() as made:
        yield made


@pytest.fixture(params=["fake", "splunk", "splunk-acknowledged", "elastic"])
def choosy(request: pytest.FixtureRequest, by_name: Open) -> Iterator[Siem]:
    """Those that look at what they take; a file takes everything."""
    with by_name[request.param]() as made:
        yield made


def parcels(count: int = MANY, start: int = 0) -> list[Parcel]:
    return [parcel(verdict(number), offset=number) for number in range(start, start + count)]


def ids(of: list[Parcel]) -> list[str]:
    return sorted(one.content.id for one in of)


def test_whatever_is_accepted_is_stored_once(siem: Siem) -> None:
    sent = parcels()

    outcome = siem.sink.send(sent)

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert sorted(siem.stored()) == ids(sent)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([0], id="the first"),
        pytest.param([12], id="one in the middle"),
        pytest.param([MANY - 1], id="the last"),
        pytest.param([3, 4, 5, 20], id="several"),
        pytest.param(range(MANY), id="all"),
    ],
)
def test_bad_events_are_rejected_alone_and_their_neighbours_are_stored(choosy: Siem, places: list[int]) -> None:
    sent = parcels()
    for place in places:
        sent[place] = parcel(choosy.bad(place), offset=place)
    choosy.sink.send(parcels(1, start=1000))

    outcome = choosy.sink.send(sent)

    good = [one for place, one in enumerate(sent) if place not in places]
    assert [rejection.item for rejection in outcome.rejected] == [sent[place] for place in places]
    assert list(outcome.deferred) == []
    assert sorted(choosy.stored()) == ids(good + parcels(1, start=1000))


def test_a_fault_holds_everything_and_later_everything_is_delivered(siem: Siem) -> None:
    before, sent = parcels(3), parcels(start=100)
    siem.sink.send(before)

    with siem.fault():
        with pytest.raises(Unavailable) as held:
            siem.sink.send(sent)
        during = sorted(siem.stored())
    outcome = siem.sink.send(sent)

    assert str(held.value)
    assert during == ids(before)
    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert sorted(siem.stored()) == ids(before + sent)


def test_nothing_to_send_is_nothing(siem: Siem) -> None:
    siem.sink.send(parcels(1))

    outcome = siem.sink.send([])

    assert (list(outcome.rejected), list(outcome.deferred)) == ([], [])
    assert len(siem.stored()) == 1


def test_a_check_says_what_it_reached_and_stores_nothing(siem: Siem) -> None:
    siem.sink.send(parcels(1))

    said = siem.sink.check()

    assert said
    assert len(siem.stored()) == 1


def test_a_check_that_fails_names_the_cause(siem: Siem) -> None:
    with pytest.raises(Unavailable, match=siem.cause):
        siem.misdirected.check()


def _part(request: pytest.FixtureRequest, name: str, kind: type[PartT]) -> PartT:
    part = request.getfixturevalue(name)
    assert isinstance(part, kind)
    return part
