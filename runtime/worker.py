"""The loop: the only place that retries, waits, dead-letters and checkpoints."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from runtime.backoff import Backoff
from runtime.errors import BatchLost, PipelineError, TooManyRejections, Unavailable
from runtime.flow import Batch, Outcome, Reason, Rejection, Settled, Source, Stage, Tally
from runtime.health import Health
from runtime.logs import log
from runtime.metrics import Metrics
from runtime.record import Record
from runtime.shutdown import Shutdown
from runtime.thrift import be_thrifty

T = TypeVar("T")

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class RejectionLimit:
    """Past it the fault must be ours. `share` counts only once `at_least` items were seen of late."""

    share: float = 0.5
    at_least: int = 200
    in_a_row: int = 100

    def check(self, tally: Tally, newest: Reason) -> None:
        """Raises TooManyRejections, before the rejections become durable; `newest` is why the last one was rejected."""
        many = ""
        if tally.in_a_row >= self.in_a_row:
            many = f"{tally.in_a_row} items in a row were rejected"
        elif tally.received >= self.at_least and tally.rejected / tally.received > self.share:
            many = f"{tally.rejected} of the last {tally.received} items were rejected"
        if many:
            raise TooManyRejections(
                f"{many}, the last one because: {newest.message} ({newest.code}); nothing of this batch was stored"
            )


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a loop runs under: everything about it that is neither source nor stage."""

    shutdown: Shutdown
    health: Health
    metrics: Metrics
    limit: RejectionLimit = RejectionLimit()
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.monotonic


class Worker(Generic[T]):
    """Poll a batch, settle every item, checkpoint; until a stop is requested or going on would lose data.

    No unsettled batch is in flight when `poll` is called.
    """

    def __init__(self, source: Source[T], stage: Stage[T], conditions: Conditions) -> None:
        self._source = source
        self._stage = stage
        self._is = conditions
        self._attempt = 0
        self._in_hand = 0
        self._lost = 0

    def run(self) -> None:
        """Return when a stop was requested. Raises Halt (exit 70); anything else that escapes is a bug."""
        try:
            while not self._is.shutdown.requested:
                self._is.health.beat()
                self._round()
        finally:
            self._source.close()

    def _round(self) -> None:
        try:
            batch = self._source.poll(POLL_SECONDS)
            self._is.health.well("source")
            self._is.health.well("start")
            self._attempt = 0
            if batch is None:
                self._is.metrics.checkpointed()
            else:
                self._settle_and_checkpoint(batch)
        except Unavailable as error:
            self._wait(error, "source")
        except BatchLost as error:
            self._abandon(error)

    def _settle_and_checkpoint(self, batch: Batch[T]) -> None:
        self._in_hand = len(batch.items)
        self._is.metrics.items_received.inc(len(batch.items))
        settled = self._settle(batch)
        if settled is None:
            return
        if settled.rejected:
            self._is.limit.check(settled.tally, settled.rejected[-1].reason)
        while not self._checkpoint(settled):
            if self._is.shutdown.requested:
                return

    def _checkpoint(self, settled: Settled[T]) -> bool:
        """Tried once even when a stop was requested meanwhile: what was delivered need not be delivered again."""
        try:
            self._source.checkpoint(settled)
        except Unavailable as error:
            self._wait(error, "checkpoint")
            return False
        self._count(settled)
        return True

    def _settle(self, batch: Batch[T]) -> Settled[T] | None:
        """Every item with its fate; None when a stop was requested while some were deferred."""
        outputs: list[Record] = []
        rejected: list[Rejection[T]] = []
        items: Sequence[T] = batch.items
        while True:
            outcome = self._process(items)
            outputs.extend(outcome.outputs)
            rejected.extend(outcome.rejected)
            if not outcome.deferred:
                break
            if outcome.why:
                self._say(Unavailable(outcome.why, retry_after=outcome.retry_after), "stage")
            if len(outcome.deferred) < len(items):
                self._attempt = 0
            items = outcome.deferred
            self._is.metrics.items_deferred.inc(len(items))
            if self._hold(outcome.retry_after):
                return None
        self._is.metrics.holding.set(0)
        self._is.health.well("stage")
        return Settled(batch, outputs, rejected, batch.tally.after(batch.items, rejected))

    def _process(self, items: Sequence[T]) -> Outcome[T]:
        started = self._is.clock()
        try:
            return self._stage.process(items)
        except Unavailable as error:
            self._say(error, "stage")
            return Outcome(deferred=items, retry_after=error.retry_after)
        finally:
            self._is.metrics.stage_seconds.observe(self._is.clock() - started)

    def _hold(self, retry_after: float | None) -> bool:
        """Wait with the batch in hand: the source is kept alive; True when a stop was requested."""
        self._is.metrics.holding.set(1)
        delay = self._is.backoff.delay(self._attempt, retry_after)
        self._attempt += 1
        return self._beat_until(delay, self._source.keep_alive)

    def _wait(self, error: Unavailable | BatchLost, part: str) -> None:
        self._say(error, part)
        delay = self._is.backoff.delay(self._attempt, _retry_after(error))
        self._attempt += 1
        self._beat_until(delay, self._source.keep_alive if part == "checkpoint" else _nothing)

    def _beat_until(self, seconds: float, keep_alive: Callable[[], None]) -> bool:
        end = self._is.clock() + seconds
        while (left := end - self._is.clock()) > 0:
            self._is.health.beat()
            keep_alive()
            if self._is.shutdown.wait(min(left, POLL_SECONDS)):
                return True
        return self._is.shutdown.requested

    def _abandon(self, error: BatchLost) -> None:
        """Forget the batch and go back to the committed position; after a wait when the one before it was lost too."""
        log.warning("batch abandoned", why=str(error), items=self._in_hand)
        self._is.metrics.items_abandoned.inc(self._in_hand)
        self._is.metrics.holding.set(0)
        self._in_hand = 0
        for part in ("stage", "checkpoint"):
            self._is.health.well(part)
        if self._lost:
            self._beat_until(self._is.backoff.delay(self._lost - 1, None), _nothing)
        self._lost += 1
        while not self._is.shutdown.requested:
            try:
                self._source.abandon()
            except (Unavailable, BatchLost) as again:
                self._wait(again, "source")
            else:
                return

    def _count(self, settled: Settled[T]) -> None:
        metrics = self._is.metrics
        metrics.items_accepted.inc(len(settled.batch.items) - len(settled.rejected))
        for rejection in settled.rejected:
            metrics.rejected(rejection.reason.code)
        metrics.checkpointed()
        self._is.health.well("checkpoint")
        self._in_hand = 0
        self._attempt = 0
        self._lost = 0
        if settled.rejected:
            log.warning("items rejected", items=len(settled.rejected), first=settled.rejected[0].reason.message)
        log.debug("batch settled", items=len(settled.batch.items), outputs=len(settled.outputs))

    def _say(self, error: Unavailable | BatchLost, part: str) -> None:
        """One line when trouble starts, in words that `/readyz` repeats; an error where somebody has to act."""
        if self._is.health.troubles.get(part) == str(error):
            return
        self._is.health.trouble(part, str(error))
        say = log.error if _retry_after(error) == math.inf else log.warning
        say("waiting", part=part, why=str(error))


def run_worker(source: Source[T], stage: Stage[T], conditions: Conditions) -> int:
    """The exit code of a worker that ran to its end; the one place where every other exception ends."""
    be_thrifty()
    try:
        Worker(source, stage, conditions).run()
    except PipelineError as error:
        log.error("stopped", why=str(error), exit_code=error.exit_code)
        return error.exit_code
    except Exception:  # noqa: BLE001
        log.exception("a bug stopped the process; what was in hand is delivered again after the restart")
        return 1
    log.info("stopped as asked")
    return 0


def _retry_after(error: Unavailable | BatchLost) -> float | None:
    return error.retry_after if isinstance(error, Unavailable) else None


def _nothing() -> None:
    pass
