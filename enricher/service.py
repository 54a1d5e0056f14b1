"""The enricher, wired: catalogue and policy, read once at the start."""

from contextlib import ExitStack

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.names import ReverseResolver
from enricher.policy_file import load_policy
from enricher.restoration import Restoration
from enricher.settings import DnsSettings, EnricherSettings
from runtime.broker import Broker, Subscription
from runtime.flow import Source, Stage
from runtime.record import StoredRecord
from runtime.service import Running
from schemas.topics import ENTRIES


def build(
    settings: EnricherSettings, broker: Broker, running: Running
) -> tuple[Source[StoredRecord], Stage[StoredRecord]]:
    """Source and stage. Raises ConfigError for a wrong catalogue, policy or name server, Unavailable."""
    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    subscription = Subscription("enricher", running.worker, (ENTRIES,), policy.hash)
    with ExitStack() as unless_built:
        resolver = _resolver(settings.dns, running, unless_built)
        limit = settings.memory_limit
        judge = Judge(catalogue, policy, metrics=running.metrics, resolver=resolver, memory_limit=limit)
        source = broker.source(subscription, judge)
        running.resources.push(unless_built.pop_all())
    return source, judge


def restoring(settings: EnricherSettings, running: Running) -> Restoration:
    """What judges again beside the enricher; it ends with `running`. Raises ConfigError."""
    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    resolver = _resolver(settings.dns, running, running.resources)
    return Restoration(catalogue, policy, resolver, memory_limit=settings.memory_limit)


def check(settings: EnricherSettings) -> str:
    """One sentence on the policy and the catalogue. Raises ConfigError."""
    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    return f"policy {policy.hash} in mode {policy.mode}; {len(catalogue.ports)} ports in the catalogue"


def resolver_of(settings: EnricherSettings, running: Running, *, seconds: float) -> ReverseResolver | None:
    """For a tool that would rather wait than show no names; None where names are switched off. Raises ConfigError."""
    dns = settings.dns.model_copy(update={"deadline_ms": int(seconds * 1000)})
    return _resolver(dns, running, running.resources)


def _resolver(settings: DnsSettings, running: Running, resources: ExitStack) -> ReverseResolver | None:
    if not settings.enabled:
        return None
    from enricher.reverse_dns import ReverseDns

    return resources.enter_context(ReverseDns(settings, shutdown=running.shutdown, metrics=running.metrics))
