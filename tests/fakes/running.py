"""What a service is built with, where nobody stops it or looks at it."""

from runtime.health import Health
from runtime.metrics import Metrics
from runtime.service import Running
from runtime.shutdown import Shutdown


def running_as(service: str = "test", worker: str = "test") -> Running:
    """All of its own, so that no test meets what another one counted."""
    return Running(service, worker, Shutdown(), Health(), Metrics(service))
