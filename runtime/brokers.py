"""The broker that SK2SIEM_BROKER__URL names."""

from pathlib import Path

from runtime.broker import Broker
from runtime.service import Running
from runtime.settings import EMBEDDED, BrokerSettings


def connect(settings: BrokerSettings, running: Running, *, batch_size: int) -> Broker:
    """The broker for one process, with its client imported only now. Raises ConfigError, Unavailable."""
    if settings.url.startswith(EMBEDDED):
        from runtime.embedded import EmbeddedBroker

        path = Path(settings.url.removeprefix(EMBEDDED))
        return EmbeddedBroker(
            path,
            metrics=running.metrics,
            shutdown=running.shutdown,
            batch_size=batch_size,
            beat=running.health.beat,
        )
    from runtime.kafka import KafkaBroker

    return KafkaBroker(settings, running, batch_size=batch_size)
