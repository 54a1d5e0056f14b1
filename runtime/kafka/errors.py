"""kafka-python's errors as the loop's; none of them passes the port."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors as kafka

from runtime.errors import BatchLost, Fenced, Halt, PipelineError, Unavailable
from runtime.kafka.reasons import REASONS, NoConnection

TOOK_OVER = (kafka.ProducerFencedError, kafka.InvalidProducerEpochError, kafka.FencedInstanceIdError)
CLAIM_GONE = (
    kafka.CommitFailedError,
    kafka.IllegalGenerationError,
    kafka.RebalanceInProgressError,
    kafka.UnknownMemberIdError,
)
TOO_BIG = (kafka.MessageSizeTooLargeError, kafka.RecordListTooLargeError)
REFUSED = (kafka.SaslAuthenticationFailedError, kafka.AuthorizationError)
REFUSED_WAIT_SECONDS = 30.0


def translate(error: Exception, what: str) -> PipelineError:
    """The error of the loop for a client error outside a transaction; `what` says what was tried."""
    words = f"Kafka: {what}: {_words(error)}"
    if isinstance(error, TOOK_OVER):
        return Fenced(f"{words}; another process runs under the same SK2SIEM_WORKER name and took over")
    if isinstance(error, CLAIM_GONE):
        return BatchLost(words)
    if isinstance(error, TOO_BIG):
        return Halt(f"{words}; raise max.message.bytes of the topic")
    if isinstance(error, REFUSED):
        return Unavailable(
            f"{words}; look at the SK2SIEM_BROKER__ credentials and rights", retry_after=REFUSED_WAIT_SECONDS
        )
    return Unavailable(words)


@contextmanager
def translated(what: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except (kafka.KafkaError, OSError) as error:
        unconnected = REASONS.since(started) if isinstance(error, kafka.KafkaTimeoutError) else None
        raise _unreached(what, unconnected) if unconnected else translate(error, what) from error


def _unreached(what: str, reason: NoConnection) -> Unavailable:
    wait = REFUSED_WAIT_SECONDS if reason.refused else None
    return Unavailable(f"Kafka: {what}: {reason.words}", retry_after=wait)


def _words(error: Exception) -> str:
    name = type(error).__name__.removesuffix("Error")
    text = str(error).split("\n")[0].strip()
    return f"{name} ({text[:200]})" if text and text != type(error).__name__ else name
