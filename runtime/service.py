"""What every service is built with: who it is, and what it runs under."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from runtime.backoff import Backoff
from runtime.health import Health
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown
from runtime.worker import Conditions, RejectionLimit


@dataclass(frozen=True, slots=True)
class Running:
    """One process: the service's word, the worker's stable name, and its shutdown, health and metrics.

    What a service opens beside its source, it enters into `resources`: closed when the service has ended.
    """

    service: str
    worker: str
    shutdown: Shutdown
    health: Health
    metrics: Metrics
    limit: RejectionLimit = field(default_factory=RejectionLimit)
    backoff: Backoff = field(default_factory=Backoff)
    stuck_after: float = 180.0
    grace: float = 10.0
    resources: ExitStack = field(default_factory=ExitStack)

    @property
    def conditions(self) -> Conditions:
        return Conditions(self.shutdown, self.health, self.metrics, self.limit, self.backoff)
