"""What the bare sinks share: consume, send prebuilt requests in parallel, commit the offsets."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bench.bare import Supply, member, offsets_of
from bench.meter import Meter
from cli.settings import Settings
from runtime.kafka.client import REQUEST_TIMEOUT_MS
from schemas.topics import VERDICTS

T = TypeVar("T")


def deliver(
    service: str,
    settings: Settings,
    meter: Meter,
    *,
    supplies: Mapping[str, Supply[T]],
    send: Callable[[T], None],
    parallel: int,
) -> None:
    """Until the meter is satisfied; `supplies` are the requests that belong to the records of each topic."""
    consumer = member(settings, service, list(supplies))
    with ThreadPoolExecutor(parallel) as threads:
        while not meter.done:
            polled = consumer.poll(200)
            if not polled:
                continue
            meter.begin()
            requests = [one for place, part in polled.items() for one in supplies[place.topic].take(len(part))]
            list(threads.map(send, requests))
            consumer.commit(offsets_of(polled), timeout_ms=REQUEST_TIMEOUT_MS)
            meter.settle(sum(len(part) for place, part in polled.items() if place.topic == VERDICTS))
    meter.report()


def cut(lines: Sequence[bytes], size: int) -> list[Sequence[bytes]]:
    """Into requests of so many events."""
    return [lines[start : start + size] for start in range(0, len(lines), size)]
