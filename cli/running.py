"""What a process runs under, made of its settings."""

from cli.settings import Settings
from cli.version import release
from runtime.backoff import Backoff
from runtime.health import Health
from runtime.metrics import Metrics
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
