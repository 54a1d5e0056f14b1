"""What the loop does about each thing that can happen to a batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from runtime.backoff import Backoff
from runtime.errors import BatchLost, ConfigError, Fenced, LoginRefused, PipelineError, Unavailable
from runtime.flow import Batch, Outcome, Reason, Rejection, Tally
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.worker import Conditions, RejectionLimit, run_worker
from tests.fakes.clock import FakeClock, FakeShutdown
from tests.fakes.source import ListSource, Trouble

HOUR = 3600.0
YEAR = 365 * 24 * HOUR
BAD = Reason("bad-item", "it starts with a minus")
LOST = BatchLost("moved")
Items = Sequence[str]
Plan = Callable[[Items], Outcome[str]] | Exception


class PlannedStage:
    """Follows one plan per call, then accepts all; knows what it was given and when."""

    def __init__(self, plans: Iterable[Plan], clock: FakeClock) -> None:
        self.given: list[list[str]] = []
        self.times: list[float] = []
        self._plans = iter(plans)
        self._clock = clock

    def process(self, items: Items) -> Outcome[str]:
        self.given.append(list(items))
        self.times.append(self._clock.now)
        plan = next(self._plans, accept)
        if isinstance(plan, Exception):
            raise plan
        return plan(items)


class Loop:
    """A loop with everything about it in sight; it ends when its source does, or after `stop_after` seconds."""

    def __init__(
        self,
        polls: Iterable[Batch[str] | PipelineError | None],
        plans: Iterable[Plan] = (),
        *,
        checkpoints: Iterable[Trouble] = (),
        beats: Iterable[Trouble] = (),
        abandons: Iterable[Trouble] = (),
        stop_after: float = YEAR,
        limit: RejectionLimit | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.shutdown = FakeShutdown(self.clock, stop_after=stop_after)
        self.health = Health(clock=self.clock)
        self.metrics = Metrics("test", clock=self.clock)
        self.stage = PlannedStage(plans, self.clock)
        self.source = ListSource(
            polls, checkpoints=checkpoints, beats=beats, abandons=abandons, on_end=self.shutdown.request
        )
        self._limit = limit or RejectionLimit()

    def run(self) -> int:
        conditions = Conditions(
            self.shutdown, self.health, self.metrics, self._limit, Backoff(jitter=lambda: 1.0), self.clock
        )
        return run_worker(self.source, self.stage, conditions)

    @property
    def outputs(self) -> list[list[str]]:
        return [[output.value.decode() for output in settled.outputs] for settled in self.source.settled]


def batch(*items: str, position: object = None, tally: Tally | None = None) -> Batch[str]:
    return Batch(items, position, tally or Tally())


def accept(items: Items) -> Outcome[str]:
    return Outcome([_output(item) for item in items])


def defer(*later: str, retry_after: float | None = None) -> Plan:
    """Accept the others."""

    def plan(items: Items) -> Outcome[str]:
        outputs = [_output(item) for item in items if item not in later]
        return Outcome(outputs, deferred=[item for item in items if item in later], retry_after=retry_after)

    return plan


def reject_bad(items: Items) -> Outcome[str]:
    bad = [item for item in items if item.startswith("-")]
    return Outcome([_output(item) for item in items if item not in bad], [Rejection(item, BAD) for item in bad])


def _output(item: str) -> Record:
    return Record("out", b"", item.encode(), "item")


def test_each_batch_is_processed_and_checkpointed_in_turn() -> None:
    loop = Loop([batch("a", "b"), None, batch("c")])

    code = loop.run()

    assert code == 0
    assert loop.outputs == [["a", "b"], ["c"]]
    assert loop.source.closed == 1


def test_an_empty_batch_with_a_moved_position_is_checkpointed() -> None:
    loop = Loop([batch(position=7)])

    loop.run()

    assert [settled.batch.position for settled in loop.source.settled] == [7]


def test_only_deferred_items_are_tried_again_and_all_is_checkpointed_once() -> None:
    loop = Loop([batch("a", "b", "c")], [defer("b", "c"), defer("c")])

    loop.run()

    assert loop.stage.given == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert loop.outputs == [["a", "b", "c"]]


def test_a_hold_of_an_hour_keeps_the_source_and_the_process_alive() -> None:
    alive: list[bool] = []
    loop = Loop([batch("a")], [defer("a", retry_after=HOUR)], beats=_each_time(lambda: alive.append(loop.health.alive)))

    loop.run()

    assert loop.source.beats >= HOUR / 0.25
    assert all(alive)
    assert loop.outputs == [["a"]]


def test_a_wait_that_downstream_asked_for_is_kept() -> None:
    loop = Loop([batch("a")], [defer("a", retry_after=HOUR)])

    loop.run()

    first, second = loop.stage.times
    assert second - first == pytest.approx(HOUR)


def test_waits_grow_until_something_is_accepted() -> None:
    loop = Loop([batch("a", "b")], [defer("a", "b"), defer("a", "b"), defer("a", "b"), defer("b"), defer("b")])

    loop.run()

    waits = [after - before for before, after in zip(loop.stage.times, loop.stage.times[1:], strict=False)]
    assert waits == pytest.approx([0.25, 0.5, 1.0, 0.25, 0.5])


def test_holding_is_shown_while_a_batch_waits_and_only_then() -> None:
    seen: list[tuple[float, dict[str, str]]] = []
    loop = Loop(
        [batch("a")],
        [Unavailable("the SIEM is away")],
        beats=_each_time(lambda: seen.append((loop.metrics.value("holding"), loop.health.troubles))),
    )

    loop.run()

    assert seen[0] == (1.0, {"stage": "the SIEM is away"})
    assert loop.metrics.value("holding") == 0.0
    assert loop.health.troubles == {}


def test_a_stop_during_a_hold_ends_at_once_and_checkpoints_nothing() -> None:
    loop = Loop([batch("a", "b"), batch("c")], [defer("b", retry_after=HOUR)], stop_after=1.0)

    code = loop.run()

    assert code == 0
    assert loop.source.settled == []
    assert loop.stage.given == [["a", "b"]]
    assert loop.source.closed == 1
    assert loop.clock.now == pytest.approx(1001.0)


def test_a_refused_login_waits_for_ever_and_readiness_says_why() -> None:
    loop = Loop([batch("a")], [LoginRefused("the SIEM refuses the token: set SK2SIEM_SPLUNK__TOKEN")], stop_after=HOUR)

    with capture_logs() as lines:
        code = loop.run()

    assert code == 0
    assert loop.stage.given == [["a"]]
    assert loop.health.troubles == {"stage": "the SIEM refuses the token: set SK2SIEM_SPLUNK__TOKEN"}
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["waiting"]


def test_the_same_trouble_is_logged_once() -> None:
    away = [Unavailable("the SIEM is away") for _ in range(5)]
    loop = Loop([batch("a")], away)

    with capture_logs() as lines:
        loop.run()

    assert [(line["part"], line["why"]) for line in lines if line["event"] == "waiting"] == [
        ("stage", "the SIEM is away")
    ]


def test_an_unavailable_source_is_polled_again_and_readiness_says_why_meanwhile() -> None:
    seen: list[str | None] = []

    def polls() -> Iterator[Batch[str] | PipelineError]:
        yield Unavailable("the broker is away")
        seen.append(loop.health.troubles.get("source"))
        yield batch("a")
        seen.append(loop.health.troubles.get("source"))

    loop = Loop(polls())

    loop.run()

    assert seen == ["the broker is away", None]
    assert loop.outputs == [["a"]]


def test_a_source_that_is_away_for_an_hour_keeps_the_process_alive() -> None:
    alive: list[bool] = []

    def polls() -> Iterator[PipelineError]:
        for _ in range(int(HOUR / 8)):
            alive.append(loop.health.alive)
            yield Unavailable("the broker is away")

    loop = Loop(polls())

    loop.run()

    assert loop.clock.now >= 1000.0 + HOUR - 60
    assert all(alive)


def test_a_checkpoint_that_was_not_made_is_made_again_without_processing_again() -> None:
    loop = Loop([batch("a")], checkpoints=[Unavailable("disk full"), Unavailable("disk full")])

    loop.run()

    assert loop.stage.given == [["a"]]
    assert loop.outputs == [["a"]]
    assert loop.source.beats > 0
    assert loop.health.troubles == {}


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param(Loop([BatchLost("moved"), batch("a")]), id="by the poll"),
        pytest.param(Loop([batch("a"), batch("a")], checkpoints=[BatchLost("moved")]), id="by the checkpoint"),
        pytest.param(Loop([batch("a"), batch("a")], [defer("a")], beats=[BatchLost("moved")]), id="while it was held"),
        pytest.param(
            Loop([batch("a"), batch("a")], checkpoints=[Unavailable("away")], beats=[BatchLost("moved")]),
            id="while a checkpoint waited",
        ),
    ],
)
def test_a_lost_batch_is_abandoned_and_polled_again(loop: Loop) -> None:
    code = loop.run()

    assert code == 0
    assert loop.source.abandons == 1
    assert loop.outputs == [["a"]]


def test_the_first_lost_batch_is_polled_again_at_once() -> None:
    loop = Loop([batch("a"), batch("a"), batch("b"), batch("b")], checkpoints=[LOST, None, LOST])

    loop.run()

    assert loop.outputs == [["a"], ["b"]]
    assert len(set(loop.stage.times)) == 1


def test_a_worker_that_loses_batch_after_batch_waits_longer_each_time() -> None:
    loop = Loop([batch("a")] * 5, checkpoints=[LOST] * 4)

    loop.run()

    assert loop.outputs == [["a"]]
    assert [later - before for before, later in pairwise(loop.stage.times)] == pytest.approx([0.0, 0.25, 0.5, 1.0])


def test_an_abandon_that_fails_is_tried_until_it_succeeds() -> None:
    loop = Loop([BatchLost("moved"), batch("a")], abandons=[Unavailable("away"), BatchLost("moved again"), None])

    loop.run()

    assert loop.source.abandons == 3
    assert loop.outputs == [["a"]]


def test_rejections_go_with_the_checkpoint_of_their_batch() -> None:
    loop = Loop([batch("-1", "2")], [reject_bad])

    loop.run()

    (settled,) = loop.source.settled
    assert [(rejection.item, rejection.reason) for rejection in settled.rejected] == [("-1", BAD)]
    assert settled.tally == Tally(received=2, rejected=1, in_a_row=0, batches=1)
    assert loop.outputs == [["2"]]


@pytest.mark.parametrize(
    ("items", "before", "limit"),
    [
        pytest.param(["-"] * 3, Tally(), RejectionLimit(in_a_row=3), id="in a row"),
        pytest.param(["-"], Tally(10, 2, 2), RejectionLimit(in_a_row=3), id="in a row, over batches"),
        pytest.param(["-", "-", "1"], Tally(), RejectionLimit(share=0.5, at_least=3), id="too large a share"),
        pytest.param(["1", "-"], Tally(8, 5, 0), RejectionLimit(share=0.5, at_least=10), id="a share, over batches"),
    ],
)
def test_past_the_rejection_limit_it_halts_before_a_rejection_is_durable(
    items: list[str], before: Tally, limit: RejectionLimit
) -> None:
    loop = Loop(
        [batch(*[f"{item}{number}" for number, item in enumerate(items)], tally=before)], [reject_bad], limit=limit
    )

    code = loop.run()

    assert code == 70
    assert loop.source.settled == []
    assert loop.source.closed == 1


@pytest.mark.parametrize(
    ("items", "limit"),
    [
        pytest.param(["-", "-", "1", "-"], RejectionLimit(in_a_row=3), id="a good one between"),
        pytest.param(["-", "-"], RejectionLimit(share=0.5, at_least=3), id="too few seen to judge"),
        pytest.param(["-", "1"], RejectionLimit(share=0.5, at_least=2), id="just the share"),
    ],
)
def test_within_the_rejection_limit_it_goes_on(items: list[str], limit: RejectionLimit) -> None:
    loop = Loop([batch(*[f"{item}{number}" for number, item in enumerate(items)])], [reject_bad], limit=limit)

    code = loop.run()

    assert code == 0
    assert len(loop.source.settled) == 1


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        pytest.param(Fenced("another worker has our name"), 70, id="halt"),
        pytest.param(ConfigError("SK2SIEM_BROKER__URL: no such topic"), 78, id="configuration"),
    ],
)
def test_a_fatal_error_ends_the_process_with_its_code_and_its_words(trouble: PipelineError, code: int) -> None:
    loop = Loop([batch("a")], checkpoints=[trouble])

    with capture_logs() as lines:
        found = loop.run()

    assert found == code
    assert lines[-1] == {"event": "stopped", "why": str(trouble), "exit_code": code, "log_level": "error"}
    assert loop.source.closed == 1


def test_any_other_exception_is_a_bug_exit_1_logged_with_its_traceback() -> None:
    loop = Loop([batch("a")], [ZeroDivisionError("division by zero")])

    with capture_logs() as lines:
        code = loop.run()

    assert code == 1
    assert lines[-1]["exc_info"] is True
    assert loop.source.settled == []
    assert loop.source.closed == 1


def test_every_item_is_counted_by_its_fate() -> None:
    loop = Loop(
        [batch("1", "-2"), batch("3", "4"), batch("5")],
        [reject_bad, defer("4")],
        checkpoints=[None, BatchLost("moved")],
    )

    loop.run()

    fates = {
        fate: loop.metrics.value(f"items_{fate}_total") for fate in ("received", "accepted", "deferred", "abandoned")
    }
    assert fates == {"received": 5, "accepted": 2, "deferred": 1, "abandoned": 2}
    assert loop.metrics.value("items_rejected_total", reason="bad-item") == 1


def test_a_worker_is_ready_when_its_source_answered() -> None:
    loop = Loop([None])
    before = loop.health.troubles

    loop.run()

    assert before == {"start": "starting"}
    assert loop.health.troubles == {}


def test_a_stop_while_a_batch_is_worked_on_still_checkpoints_what_was_delivered() -> None:
    loop = Loop([batch("a"), batch("b")])

    def stop_and_accept(items: Items) -> Outcome[str]:
        loop.shutdown.request()
        return accept(items)

    loop.stage = PlannedStage([stop_and_accept], loop.clock)
    code = loop.run()

    assert code == 0
    assert loop.outputs == [["a"]]


def test_a_checkpoint_that_fails_after_a_stop_was_requested_is_not_tried_for_ever() -> None:
    loop = Loop([batch("a")], checkpoints=[Unavailable("full"), Unavailable("full"), Unavailable("full")])

    def stop_and_accept(items: Items) -> Outcome[str]:
        loop.shutdown.request()
        return accept(items)

    loop.stage = PlannedStage([stop_and_accept], loop.clock)

    assert loop.run() == 0
    assert loop.outputs == []


def test_a_batch_that_is_lost_while_it_was_held_leaves_the_worker_ready() -> None:
    loop = Loop([batch("a"), None], [Unavailable("the SIEM is down")], beats=[BatchLost("moved")])

    loop.run()

    assert loop.health.troubles == {}


def test_abandoning_that_fails_again_and_again_waits_in_between() -> None:
    loop = Loop([BatchLost("moved"), None], abandons=[BatchLost("again"), BatchLost("again"), BatchLost("again")])

    loop.run()

    assert loop.clock.now > 0


def test_a_worker_that_is_told_to_stop_before_it_began_polls_nothing() -> None:
    loop = Loop([batch("a")])
    loop.shutdown.request()

    code = loop.run()

    assert code == 0
    assert loop.stage.given == []
    assert loop.source.closed == 1


def _each_time(look: Callable[[], object]) -> Iterator[None]:
    """A list of beats without trouble, at each of which the test looks around."""
    while True:
        look()
        yield None
