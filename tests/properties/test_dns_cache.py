"""The cache of names is what a naive model says it is: two lists in the order of use, lifetimes, failures in a row."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from enricher.dns_cache import Lifetimes, NameCache
from enricher.names import Name
from tests.fakes.clock import FakeClock

CAPACITY = 3
LIFETIMES = Lifetimes(shortest=60, longest=600, none=90, failure=5, longest_failure=30)
ADDRESSES = st.sampled_from([f"10.0.0.{n}" for n in range(8)])
FAILURE_SECONDS = [5, 10, 20, 30, 30, 30, 30]
HELD_FOR = [(0, 60), (59, 60), (61, 61), (599, 599), (601, 600), (2**31, 600)]


class CacheAndModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.cache = NameCache(CAPACITY, LIFETIMES, self.clock)
        self.named: list[tuple[str, Name, float]] = []  # the one used last is last
        self.nameless: list[tuple[str, Name, float]] = []
        self.failures: dict[str, int] = {}

    @rule(address=ADDRESSES)
    def get(self, address: str) -> None:
        expected = None
        for side in (self.named, self.nameless):
            for row in list(side):
                if row[0] == address and self.clock.now < row[2]:
                    expected = row[1]
                    side.remove(row)
                    side.append(row)

        assert self.cache.get(address) == expected

    @rule(address=ADDRESSES, held=st.sampled_from(HELD_FOR), status=st.sampled_from(["confirmed", "unconfirmed"]))
    def learn_a_name(self, address: str, held: tuple[int, int], status: str) -> None:
        ttl, seconds = held
        name = Name("host.example", "confirmed" if status == "confirmed" else "unconfirmed")

        self.cache.put(address, name, ttl)

        self._keep(self.named, address, name, seconds)
        self.failures.pop(address, None)

    @rule(address=ADDRESSES)
    def learn_that_there_is_none(self, address: str) -> None:
        name = Name(None, "none")

        self.cache.put(address, name, 0)

        self._keep(self.nameless, address, name, LIFETIMES.none)
        self.failures.pop(address, None)

    @rule(address=ADDRESSES, silent=st.booleans())
    def learn_nothing(self, address: str, silent: bool) -> None:
        name = Name(None, "timeout" if silent else "error")
        in_a_row = self.failures.get(address, 0) if any(row[0] == address for row in self.nameless) else 0

        self.cache.put(address, name, 0)

        self._keep(self.nameless, address, name, FAILURE_SECONDS[min(in_a_row, 6)])
        self.failures[address] = in_a_row + 1

    @rule(seconds=st.sampled_from([1, 4, 5, 29, 30, 59, 60, 90, 600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: self.named or self.nameless)
    @rule()
    def the_newest_runs_out(self) -> None:
        self.clock.now = max(self.clock.now, *(row[2] for row in (self.named or self.nameless)[-1:]))

    @invariant()
    def it_is_bounded(self) -> None:
        assert len(self.cache) == len(self.named) + len(self.nameless) <= 2 * CAPACITY

    def _keep(self, side: list[tuple[str, Name, float]], address: str, name: Name, seconds: float) -> None:
        for other in (self.named, self.nameless):
            other[:] = [row for row in other if row[0] != address]
        side.append((address, name, self.clock.now + seconds))
        del side[:-CAPACITY]


TestCacheAndModel = CacheAndModel.TestCase
TestCacheAndModel.settings = settings(max_examples=60, stateful_step_count=40)
