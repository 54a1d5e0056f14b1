"""What listens on a system, compared with the port catalogue: clear text, services that moved, twins not started."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from enricher.catalogue import Catalogue, PortEntry, Speaks, Transport
from enricher.networks import parse
from enricher.present import known_port, of_service
from schemas.records import VerdictKind

VERDICTS = {
    Speaks.CLEARTEXT: VerdictKind.INSECURE,
    Speaks.TLS: VerdictKind.SECURE,
    Speaks.ENCRYPTED: VerdictKind.SECURE,
}
IN_CLEAR = frozenset({Speaks.CLEARTEXT, Speaks.UPGRADABLE})


@dataclass(frozen=True, slots=True)
class Listening:
    """A port that is listened on. `addresses` are the local ones; an empty list means any. `name` is that of the
    service table."""

    transport: Transport
    port: int
    name: str | None
    addresses: tuple[str, ...]

    @property
    def is_local(self) -> bool:
        """Whether nothing outside can reach it."""
        return bool(self.addresses) and all((one := parse(text)) and one.is_loopback for text in self.addresses)


@dataclass(frozen=True, slots=True)
class Listener:
    """`kinds` are words for machines (`cleartext`, `twin-not-started`, `moved`, `unlisted`), `notes` sentences on the
    same. `verdict` is None for a helper port."""

    listening: Listening
    entry: PortEntry | None
    verdict: VerdictKind | None
    kinds: tuple[str, ...]
    notes: tuple[str, ...]


def compare_listeners(found: Iterable[Listening], catalogue: Catalogue) -> Sequence[Listener]:
    """Each port once, in the order of their numbers."""
    ports = {(one.transport, one.port): one for one in found}
    reachable = {key for key, one in ports.items() if not one.is_local}
    return [_compared(ports[key], catalogue, reachable) for key in sorted(ports, key=lambda key: (key[1], key[0]))]


def _compared(one: Listening, catalogue: Catalogue, reachable: set[tuple[Transport, int]]) -> Listener:
    is_tcp = one.transport is Transport.TCP
    entry = known_port(one.port, one.name, catalogue) if is_tcp else catalogue.get(one.transport, one.port)
    told = list(_told(one, entry, catalogue, reachable))
    return Listener(one, entry, _verdict(one, entry), tuple(kind for kind, _ in told), tuple(note for _, note in told))


def _verdict(one: Listening, entry: PortEntry | None) -> VerdictKind | None:
    if one.is_local:
        return VerdictKind.SECURE
    if entry is None:
        return VerdictKind.UNKNOWN
    return None if entry.speaks is Speaks.HELPER else VERDICTS.get(entry.speaks, VerdictKind.UNKNOWN)


def _told(
    one: Listening, entry: PortEntry | None, catalogue: Catalogue, reachable: set[tuple[Transport, int]]
) -> Iterator[tuple[str, str]]:
    if entry is None:
        if not one.is_local:
            yield "unlisted", "Nothing is known of it: find out what it is, and list it in a port catalogue of yours."
        return
    usual = of_service(one.name, catalogue) if one.name and one.transport is Transport.TCP else None
    if usual and not _is_where_it_belongs(one, usual, catalogue):
        where = f"The service table calls it {one.name}, which the catalogue has on port {usual.port}"
        how = f'port = {one.port}, service = "{one.name}", speaks = "{usual.speaks}"'
        yield "moved", f"{where}: list it in a port catalogue of yours ({how})."
    if entry.speaks in IN_CLEAR and not one.is_local:
        yield from _in_clear(entry, catalogue.twin(entry), reachable)


def _is_where_it_belongs(one: Listening, usual: PortEntry, catalogue: Catalogue) -> bool:
    """Or on a port of the same kind: service tables call 447 what the catalogue calls 446."""
    listed = catalogue.get(one.transport, one.port)
    return listed is not None and (listed.speaks, listed.twin) == (usual.speaks, usual.twin)


def _in_clear(
    entry: PortEntry, twin: PortEntry | None, reachable: set[tuple[Transport, int]]
) -> Iterator[tuple[str, str]]:
    if entry.speaks is Speaks.CLEARTEXT:
        yield "cleartext", "It only speaks clear text."
    if twin is None:
        if entry.speaks is Speaks.CLEARTEXT:
            yield "no-twin", "No encrypted port is known for it: replace it, or lead it through a tunnel."
        return
    name = f"{twin.port} ({twin.service})"
    if (twin.transport, twin.port) in reachable:
        yield "twin-listens", f"Its encrypted twin {name} listens as well: move the clients there, then end this one."
    else:
        yield (
            "twin-not-started",
            f"Its encrypted twin {name} does not listen: give the server a certificate in DCM and start it.",
        )
