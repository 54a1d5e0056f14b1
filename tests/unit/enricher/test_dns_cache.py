"""Names are kept for their TTL within bounds, failures ever longer; a scan does not push out the names."""

import pytest

from enricher.dns_cache import Lifetimes, NameCache
from enricher.names import Name, NameStatus
from tests.fakes.clock import FakeClock

HOST = Name("host.example", "confirmed")


def kept_for(clock: FakeClock, cache: NameCache, address: str) -> float:
    """How many whole seconds the cache still answers."""
    start = clock.now
    while cache.get(address) is not None:
        clock.advance(1)
    return clock.now - start


@pytest.mark.parametrize(
    ("name", "ttl", "seconds"),
    [
        pytest.param(HOST, 120, 120, id="TTL"),
        pytest.param(HOST, 0, 60, id="TTL of zero"),
        pytest.param(HOST, 2**31, 3600, id="TTL of years"),
        pytest.param(Name("host.example", "unconfirmed"), 120, 120, id="unconfirmed"),
        pytest.param(Name(None, "none"), 9999, 300, id="no name"),
        pytest.param(Name(None, "timeout"), 9999, 5, id="no answer"),
        pytest.param(Name(None, "error"), 9999, 5, id="server failure"),
    ],
)
def test_each_outcome_is_kept_for_its_own_time(name: Name, ttl: int, seconds: int) -> None:
    clock = FakeClock()
    cache = NameCache(10, Lifetimes(longest=3600), clock)

    cache.put("192.0.2.1", name, ttl)

    assert cache.get("192.0.2.1") == name
    assert kept_for(clock, cache, "192.0.2.1") == seconds


@pytest.mark.parametrize("status", ["timeout", "error"])
def test_failures_in_a_row_are_kept_ever_longer_until_there_is_an_answer(status: NameStatus) -> None:
    clock = FakeClock()
    cache = NameCache(10, Lifetimes(), clock)
    times = []

    for _ in range(9):
        cache.put("192.0.2.1", Name(None, status), 0)
        times.append(kept_for(clock, cache, "192.0.2.1"))
    cache.put("192.0.2.1", Name(None, "none"), 0)
    cache.put("192.0.2.1", Name(None, status), 0)

    assert times == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert kept_for(clock, cache, "192.0.2.1") == 5


def test_a_scan_from_nameless_addresses_does_not_push_out_the_names() -> None:
    cache = NameCache(100, Lifetimes(), FakeClock())
    for n in range(100):
        cache.put(f"10.0.0.{n}", HOST, 600)

    for n in range(10_000):
        cache.put(f"2001:db8::{n:x}", Name(None, "none"), 0)

    assert all(cache.get(f"10.0.0.{n}") == HOST for n in range(100))
    assert len(cache) == 200
