"""A service whose other end is down at its start waits for it, and says so on /readyz."""

from dataclasses import dataclass, field

from cli.opening import opened
from cli.running import running_of
from cli.settings import load
from runtime.errors import Unavailable
from runtime.service import Running


def make_running() -> Running:
    return running_of("file", load({"SK2SIEM_LOOP__BACKOFF_FIRST": "0.01", "SK2SIEM_LOOP__GRACE": "3"}))


@dataclass(slots=True)
class Door:
    """Closed for the first tries."""

    running: Running
    closed_for: int
    stop_at: int = 99
    troubles: list[str] = field(default_factory=list)

    def open(self) -> str:
        self.troubles.append(self.running.health.troubles["start"])
        if len(self.troubles) == self.stop_at:
            self.running.shutdown.request()
        if len(self.troubles) <= self.closed_for:
            raise Unavailable("the broker is down")
        return "open"


def test_what_cannot_be_opened_now_is_tried_again_until_it_can() -> None:
    running = make_running()
    door = Door(running, closed_for=2)

    assert opened(door.open, running) == "open"
    assert door.troubles == ["starting", "the broker is down", "the broker is down"]


def test_a_stop_ends_the_wait() -> None:
    running = make_running()
    door = Door(running, closed_for=99, stop_at=2)

    assert opened(door.open, running) is None
    assert len(door.troubles) == 2


def test_the_loop_runs_under_the_conditions_of_the_settings() -> None:
    running = running_of(
        "file",
        load(
            {
                "SK2SIEM_WORKER": "w1",
                "SK2SIEM_LOOP__REJECTION_SHARE": "0.2",
                "SK2SIEM_LOOP__REJECTION_AT_LEAST": "7",
                "SK2SIEM_LOOP__REJECTIONS_IN_A_ROW": "9",
                "SK2SIEM_LOOP__BACKOFF_FIRST": "1",
                "SK2SIEM_LOOP__BACKOFF_LONGEST": "2",
                "SK2SIEM_LOOP__STUCK_AFTER": "30",
                "SK2SIEM_LOOP__GRACE": "4",
            }
        ),
    )

    assert (running.service, running.worker) == ("file", "w1")
    assert (running.limit.share, running.limit.at_least, running.limit.in_a_row) == (0.2, 7, 9)
    assert (running.backoff.first, running.backoff.longest) == (1.0, 2.0)
    assert (running.stuck_after, running.grace) == (30.0, 4.0)
