"""Only what Splunk has on disk is settled, however often it restarts, forgets and counts from 0 again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import Unavailable
from runtime.metrics import Metrics
from runtime.record import StoredRecord
from sinks.judgement import Receipt
from sinks.splunk.acknowledgement import STILL_WAITING, Acknowledgements, Place, place_of
from sinks.splunk.channels import Channels
from tests.fakes.clock import FakeClock, FakeShutdown
from tests.unit.sinks.samples import parcel, stored, verdict

URL = "https://splunk:8088"
LONGEST = 300.0


@dataclass
class Splunk:
    """Indexes what it took when it is told to; tells each acknowledgement once; forgets all of it with a restart."""

    channels: Channels
    indexed: set[Place] = field(default_factory=set)
    polls: list[list[int]] = field(default_factory=list)
    broken: bool = False
    _queued: dict[tuple[str, int], list[Place]] = field(default_factory=dict)
    _true: set[tuple[str, int]] = field(default_factory=set)
    _next: dict[str, int] = field(default_factory=dict)

    def take(self, records: Sequence[StoredRecord]) -> Receipt:
        channel = self.channels.of(URL)
        number = self._next.get(channel, 0)
        self._next[channel] = number + 1
        self._queued[channel, number] = [place_of(one) for one in records]
        return Receipt(URL, channel, number)

    def index(self) -> None:
        for known, places in self._queued.items():
            self.indexed.update(places)
            self._true.add(known)
        self._queued = {}

    def restart(self) -> None:
        """What was in memory is gone: events that were not indexed, and what is known of acknowledgements."""
        self._queued, self._true, self._next = {}, set(), {}

    def acknowledged(self, url: str, channel: str, numbers: Sequence[int]) -> set[int]:
        if self.broken:
            raise Unavailable("the acknowledgement service is away")
        self.polls.append(list(numbers))
        found = {number for number in numbers if (channel, number) in self._true}
        self._true -= {(channel, number) for number in found}
        return found


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.shutdown = FakeShutdown(self.clock)
        self.metrics = Metrics("splunk")
        self.channels = Channels([URL])
        self.splunk = Splunk(self.channels)
        self.acknowledgements = Acknowledgements(
            self.splunk,
            self.channels,
            LONGEST,
            self.metrics,
            pause=self.shutdown.wait,
            beat=lambda: None,
            clock=self.clock,
        )

    def send(self, records: Sequence[StoredRecord]) -> None:
        self.acknowledgements.expect(self.splunk.take(records), records)

    def fresh(self, *numbers: int) -> list[int]:
        """Those of these that are to be sent."""
        parcels = [parcel(verdict(number), offset=number) for number in numbers]
        return [one.record.offset for one in self.acknowledgements.fresh(parcels)]


def records(*numbers: int) -> list[StoredRecord]:
    return [stored(verdict(number), number) for number in numbers]


def places(*numbers: int) -> set[Place]:
    return {place_of(one) for one in records(*numbers)}


def test_what_is_indexed_is_settled_and_asked_about_once() -> None:
    bench = Bench()
    bench.send(records(1, 2))
    bench.splunk.index()

    first = bench.acknowledgements.settle(records(1, 2))
    second = bench.acknowledgements.settle(records(1, 2))

    assert first == (places(1, 2), None)
    assert second == (set(), None)
    assert bench.splunk.polls == [[0]]


def test_what_is_not_indexed_yet_is_not_sent_again() -> None:
    bench = Bench()
    bench.send(records(1))

    done, why = bench.acknowledgements.settle(records(1))

    assert done == set()
    assert str(why) == STILL_WAITING
    assert bench.fresh(1, 2) == [2]


def test_after_the_longest_wait_it_is_sent_again_on_a_new_channel() -> None:
    bench = Bench()
    before = bench.channels.of(URL)
    bench.send(records(1))

    while bench.fresh(1) == []:
        bench.acknowledgements.settle(records(1))

    assert bench.clock.now - 1000.0 == pytest.approx(LONGEST, abs=5)
    assert bench.channels.of(URL) != before
    assert bench.metrics.value("acknowledgement_timeouts_total") == 1


def test_a_restart_between_two_looks_shows_only_when_the_time_is_over() -> None:
    """Splunk says of what it lost what it says of what it has not indexed yet."""
    bench = Bench()
    bench.send(records(1))
    bench.acknowledgements.settle(records(1))
    began = bench.clock.now

    bench.splunk.restart()
    while bench.fresh(1) == []:
        bench.acknowledgements.settle(records(1))
    bench.send(records(1))
    bench.splunk.index()

    assert LONGEST / 2 < bench.clock.now - began <= LONGEST
    assert bench.acknowledgements.settle(records(1)) == (places(1), None)


def test_an_id_that_comes_twice_proves_a_restart_and_nothing_of_that_channel_counts() -> None:
    bench = Bench()
    bench.send(records(1))
    bench.splunk.restart()

    bench.send(records(2))
    bench.splunk.index()
    done, _ = bench.acknowledgements.settle(records(1, 2))

    assert done == set()
    assert bench.fresh(1, 2) == [1, 2]


def test_a_receipt_of_a_channel_that_was_given_up_does_not_count() -> None:
    bench = Bench()
    receipt = bench.splunk.take(records(1))
    bench.channels.renew(URL, receipt.channel)

    bench.acknowledgements.expect(receipt, records(1))

    assert bench.fresh(1) == [1]


def test_a_stop_ends_the_wait() -> None:
    bench = Bench()
    bench.send(records(1))
    bench.shutdown.request()

    assert bench.acknowledgements.settle(records(1)) == (set(), None)


def test_trouble_on_the_way_is_said_and_nothing_is_given_up() -> None:
    bench = Bench()
    bench.send(records(1))
    bench.splunk.broken = True

    done, why = bench.acknowledgements.settle(records(1))
    bench.splunk.broken = False
    bench.splunk.index()
    later, _ = bench.acknowledgements.settle(records(1))

    assert (done, str(why)) == (set(), "the acknowledgement service is away")
    assert later == places(1)


def test_parallel_answers_may_overtake_each_other() -> None:
    bench = Bench()
    first, second = bench.splunk.take(records(1)), bench.splunk.take(records(2))
    bench.splunk.index()

    bench.acknowledgements.expect(second, records(2))
    bench.acknowledgements.expect(first, records(1))

    assert bench.acknowledgements.settle(records(1, 2)) == (places(1, 2), None)


def test_ids_that_come_twice_again_and_again_are_said_until_something_is_acknowledged() -> None:
    """Two indexers that count each for itself, behind one address."""
    bench = Bench()
    said = []

    for number in range(1, 4):
        bench.send(records(number))
        bench.splunk.restart()
        bench.send(records(number))
        said.append(bench.acknowledgements.settle(records(number))[1])
    bench.splunk.restart()
    bench.send(records(4))
    bench.splunk.index()
    settled = bench.acknowledgements.settle(records(4))
    bench.send(records(5))
    bench.splunk.restart()
    bench.send(records(5))

    assert said[0] is None
    assert all(why is not None and "SK2SIEM_SPLUNK__URL" in str(why) and why.retry_after == 30.0 for why in said[1:])
    assert settled == (places(4), None)
    assert bench.acknowledgements.settle(records(5)) == (set(), None)


@given(st.lists(st.sampled_from(["send", "lose answer", "index", "restart", "settle", "wait"]), max_size=40))
def test_nothing_is_settled_that_is_not_indexed(steps: list[str]) -> None:
    bench = Bench()
    sent = 0
    settled: set[Place] = set()

    for step in steps:
        if step == "send":
            sent += 1
            bench.send(records(sent))
        elif step == "lose answer":
            sent += 1
            receipt = bench.splunk.take(records(sent))
            bench.channels.renew(URL, receipt.channel)
        elif step == "index":
            bench.splunk.index()
        elif step == "restart":
            bench.splunk.restart()
        elif step == "wait":
            bench.clock.advance(LONGEST / 3)
        else:
            settled |= bench.acknowledgements.settle(records(*range(1, sent + 1)))[0]

    assert settled <= bench.splunk.indexed
