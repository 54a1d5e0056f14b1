"""The embedded broker: one SQLite file, for the demo, one machine and small shops."""

from runtime.embedded.broker import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
