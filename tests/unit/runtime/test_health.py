"""Alive while the loop goes round, ready while nobody names a reason why not."""

from runtime.health import Health
from tests.fakes.clock import FakeClock


def test_it_is_alive_as_long_as_it_beats() -> None:
    clock = FakeClock()
    health = Health(alive_within=60.0, clock=clock)

    for _ in range(10):
        clock.advance(59.0)
        assert health.alive
        health.beat()


def test_it_is_not_alive_when_the_beat_stays_away() -> None:
    clock = FakeClock()
    health = Health(alive_within=60.0, clock=clock)

    clock.advance(60.0)

    assert not health.alive


def test_it_is_alive_again_with_the_next_beat() -> None:
    clock = FakeClock()
    health = Health(alive_within=60.0, clock=clock)
    clock.advance(1000.0)

    health.beat()

    assert health.alive


def test_a_new_process_is_starting_and_not_ready() -> None:
    assert Health().troubles == {"start": "starting"}


def test_every_part_has_its_own_trouble_and_only_it_can_take_it_back() -> None:
    health = Health()
    health.well("start")
    health.trouble("stage", "the SIEM is away")
    health.trouble("source", "the broker is away")

    health.well("source")
    health.well("never was in trouble")

    assert health.troubles == {"stage": "the SIEM is away"}


def test_what_was_asked_for_does_not_change_afterwards() -> None:
    health = Health()

    health.troubles.clear()

    assert health.troubles == {"start": "starting"}
