"""A system that can be looked at: the connection to it, and what is needed to say something of what is seen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.netstat.look import Seen, connections, listeners, with_names
from cli.settings import Settings
from enricher.catalogue import Catalogue, load_catalogue
from enricher.listeners import Listener, compare_listeners
from enricher.names import ReverseResolver
from enricher.policy import Policy
from enricher.policy_file import load_policy
from enricher.service import resolver_of
from producer.asking import asking
from producer.netstat import Netstat
from runtime.service import Running

if TYPE_CHECKING:
    from producer.odbc import Odbc

NAMES_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Look:
    """Each call looks anew. Raises CheckFailed where the profile may not see connections, Unavailable."""

    odbc: "Odbc"
    netstat: Netstat
    system: str
    catalogue: Catalogue
    policy: Policy
    resolver: ReverseResolver | None

    def connections(self) -> Sequence[Seen]:
        seen = connections(self.netstat.sockets(), self.system, self.catalogue, self.policy)
        return with_names(seen, self.resolver)

    def listeners(self) -> Sequence[Listener]:
        return compare_listeners(listeners(self.netstat.sockets()), self.catalogue)


@contextmanager
def looking(settings: Settings, running: Running, *, names: bool) -> Iterator[Look]:
    """Raises ConfigError for settings, a policy or a catalogue that cannot work."""
    catalogue = load_catalogue(settings.enricher.ports)
    policy = load_policy(settings.enricher.policy, catalogue)
    with asking(settings.ibmi, running) as odbc:
        resolver = resolver_of(settings.enricher, running, seconds=NAMES_SECONDS) if names else None
        system = settings.producer.system or settings.ibmi.system
        yield Look(odbc, Netstat(odbc, settings.ibmi.username), system, catalogue, policy, resolver)
