"""What a process runs under, made of its settings."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.interruption import interruptible
from cli.settings import Settings
from runtime.backoff import Backoff
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.health import Health
from runtime.logs import configured
from runtime.metrics import Metrics
from runtime.release import release
from runtime.service import Running
from runtime.shutdown import Shutdown
from runtime.worker import RejectionLimit


def running_of(service: str, settings: Settings) -> Running:
    """Who this process is and when its loop gives up."""
    loop = settings.loop
    return Running(
        service,
        settings.worker,
        Shutdown(),
        Health(),
        Metrics(service, release(), system=settings.producer.system if service == "producer" else ""),
        RejectionLimit(loop.rejection_share, loop.rejection_at_least, loop.rejections_in_a_row),
        Backoff(loop.backoff_first, loop.backoff_longest),
        loop.stuck_after,
        loop.grace,
    )


@contextmanager
def tool(command: str, settings: Settings) -> Iterator[tuple[Broker, Running]]:
    """The broker, and what a command of the operator runs under; a Ctrl-C lets go of both. Raises ConfigError.

    Its log goes to standard error, without the life cycle unless that was asked for.
    """
    running = running_of(command, settings)
    level = "warning" if settings.log.level == "info" else settings.log.level
    with configured(level, settings.log.format, service=command), interruptible(running.shutdown), running.resources:
        broker = connect(settings.broker, running, batch_size=settings.loop.batch_size)
        try:
            yield broker, running
        finally:
            broker.close()
