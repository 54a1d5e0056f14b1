"""The enricher, wired: catalogue and policy, read once at the start."""

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy_file import load_policy
from enricher.settings import EnricherSettings
from runtime.broker import Broker, Subscription
from runtime.flow import Source, Stage
from runtime.record import StoredRecord
from runtime.service import Running
from schemas.topics import ENTRIES


def build(
    settings: EnricherSettings, broker: Broker, running: Running
) -> tuple[Source[StoredRecord], Stage[StoredRecord]]:
    """Source and stage. Raises ConfigError for a wrong catalogue or policy, Unavailable."""
    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    judge = Judge(catalogue, policy, metrics=running.metrics)
    subscription = Subscription("enricher", running.worker, (ENTRIES,), policy.hash)
    return broker.source(subscription, judge), judge


def check(settings: EnricherSettings) -> str:
    """One sentence on the policy and the catalogue. Raises ConfigError."""
    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    return f"policy {policy.hash} in mode {policy.mode}; {len(catalogue.ports)} ports in the catalogue"
