"""The port catalogue: what speaks on a port, as data (`ports.toml`), with a site's own file merged over it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from enricher.toml_file import Mistakes, Table, read_table, tables_of
from schemas.records import Direction


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class Speaks(StrEnum):
    """What a port speaks; `ports.toml` explains each word."""

    CLEARTEXT = "cleartext"
    UPGRADABLE = "upgradable"
    TLS = "tls"
    ENCRYPTED = "encrypted"
    OWN_SCHEME = "own-scheme"
    HELPER = "helper"


class TlsBy(StrEnum):
    """Who does the TLS of a port. Only System TLS writes S entries."""

    SYSTEM = "system"
    OTHER = "other"
    UNKNOWN = "unknown"


SHIPPED = files("enricher").joinpath("ports.toml")
SECURE = frozenset({Speaks.TLS, Speaks.ENCRYPTED})
PASSIVE_DATA = "ftp-data-passive"


@dataclass(frozen=True, slots=True)
class PortEntry:
    """One port of the catalogue. `twin` is the port where the same service is encrypted."""

    port: int
    transport: Transport
    service: str
    speaks: Speaks
    tls_by: TlsBy = TlsBy.UNKNOWN
    twin: int | None = None
    job: str | None = None
    outbound_local: bool = False
    note: str | None = None

    @property
    def is_ftp_data(self) -> bool:
        """Whether it carries the data of an FTP session: the control connection decides whether that is encrypted."""
        return self.outbound_local or self.service == PASSIVE_DATA


class Match(NamedTuple):
    """The port that tells the service of a connection, whether it is the system's own, and what is known of it."""

    port: int | None
    is_local: bool
    entry: PortEntry | None


Key = tuple[Transport, int]
Rows = dict[Key, tuple[Table, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`passive_ftp` are the local TCP ports on which the FTP server awaits data connections in passive mode."""

    ports: Mapping[Key, PortEntry]
    passive_ftp: frozenset[int] = frozenset()

    def match(
        self, direction: Direction, local_port: int | None, remote_port: int | None, *, transport: Transport
    ) -> Match:
        """Inbound goes by the local port; outbound by the remote one, unless the local port is of active FTP data.

        Of UDP (an answer has an entry of its own), and where the direction is unknown, by the other one if only that is
        listed.
        """
        local, remote = self.get(transport, local_port), self.get(transport, remote_port)
        is_local = direction is not Direction.OUTBOUND or (local is not None and local.outbound_local)
        if (transport is Transport.UDP or direction is Direction.UNKNOWN) and bool(local) != bool(remote):
            is_local = bool(local)
        if not is_local:
            return Match(remote_port, False, remote)
        if local is None and direction is Direction.INBOUND:
            local = self._passive_data(transport, local_port)
        return Match(local_port, True, local)

    def get(self, transport: Transport, port: int | None) -> PortEntry | None:
        return None if port is None else self.ports.get((transport, port))

    def _passive_data(self, transport: Transport, port: int | None) -> PortEntry | None:
        """Like active FTP data. Only where the system is the server: the high ports of others are anything."""
        if transport is not Transport.TCP or port is None or port not in self.passive_ftp:
            return None
        return PortEntry(port, transport, PASSIVE_DATA, Speaks.UPGRADABLE, TlsBy.SYSTEM)

    def twin(self, entry: PortEntry | None) -> PortEntry | None:
        """The secure twin of `entry`."""
        return self.get(entry.transport, entry.twin) if entry else None

    @property
    def outbound_local(self) -> frozenset[int]:
        """The TCP ports that tell a service although the other side was connected to: those of active FTP data."""
        listed = self.ports.values()
        return frozenset(one.port for one in listed if one.outbound_local and one.transport is Transport.TCP)

    def tcp_ports(self, speaks: Iterable[Speaks]) -> frozenset[int]:
        """The TCP ports that speak one of `speaks`."""
        wanted = frozenset(speaks)
        return frozenset(
            entry.port for entry in self.ports.values() if entry.transport is Transport.TCP and entry.speaks in wanted
        )

    def content(self) -> dict[str, object]:
        """All that can decide or word a verdict, in one order: what a policy's hash is made from."""
        rows = [asdict(self.ports[key]) for key in sorted(self.ports)]
        said = [{name: value for name, value in row.items() if name != "note"} for row in rows]
        return {"ports": said, "passive_ftp": sorted(self.passive_ftp)}


FIELDS = frozenset(PortEntry.__dataclass_fields__) | {"ports"}


def load_catalogue(overrides: Path | None = None) -> Catalogue:
    """The catalogue that ships, with `overrides` merged over it.

    Raises ConfigError with a line for the first problem of each port table, which names file, line and key.
    """
    shipped = read_table(SHIPPED)
    tops = [shipped] if overrides is None else [shipped, read_table(overrides)]
    rows: Rows = {}
    passive: tuple[int, ...] = ()
    mistakes = Mistakes()
    for top in tops:
        with mistakes.noted():
            top.refuse_unknown({"port", "passive_ftp"})
        with mistakes.noted():
            said = top.port_numbers("passive_ftp")
            passive = passive if said is None else said
        rows |= _rows(top, rows, mistakes)
    entries: dict[Key, PortEntry] = {}
    for key, (table, values) in rows.items():
        with mistakes.noted():
            entries[key] = _entry(key, table, values)
    mistakes.refuse()
    for key, entry in entries.items():
        with mistakes.noted():
            _check_twin(key, entry, entries, rows)
    mistakes.refuse()
    return Catalogue(entries, frozenset(passive))


def _rows(top: Table, known: Rows, mistakes: Mistakes) -> Rows:
    """The raw fields of each port of one file, laid over those of `known`."""
    rows: Rows = {}
    with mistakes.noted():
        for table in tables_of(top, "port"):
            with mistakes.noted():
                rows |= _rows_of(table, known, rows)
    return rows


def _rows_of(table: Table, known: Rows, others: Rows) -> Rows:
    table.refuse_unknown(FIELDS)
    fields = {name: value for name, value in table.values.items() if name not in ("port", "ports", "transport")}
    keys = _keys(table)
    for key in keys:
        if key in others:
            raise table.error("", f"port {key[1]} ({key[0]}) stands in this file twice")
    return {key: (table, (known[key][1] if key in known else {}) | fields) for key in keys}


def _keys(table: Table) -> list[Key]:
    if ("port" in table.values) == ("ports" in table.values):
        raise table.error("", "either port or ports expected")
    port = table.port_number("port")
    ports = table.port_numbers("ports") if port is None else (port,)
    return [(transport, number) for transport in _transports(table) for number in ports or ()]


def _transports(table: Table) -> list[Transport]:
    if not isinstance(table.values.get("transport"), list):
        return [table.choice("transport", Transport, Transport.TCP)]
    names = table.texts("transport") or ()
    if not names or not set(names) <= set(Transport):
        raise table.error("transport", f"a list of {', '.join(Transport)} expected")
    return [Transport(name) for name in dict.fromkeys(names)]


def _entry(key: Key, table: Table, values: dict[str, object]) -> PortEntry:
    """`table` is the last one that spoke of the port: what is wrong or missing is wrong or missing there."""
    merged = Table(table.file, table.text, values, table.name, table.index)
    service = merged.text_of("service")
    if service is None:
        raise merged.error("service", f"missing for port {key[1]} ({key[0]}), which is not in the catalogue yet")
    return PortEntry(
        port=key[1],
        transport=key[0],
        service=service,
        speaks=merged.choice("speaks", Speaks),
        tls_by=merged.choice("tls_by", TlsBy, TlsBy.UNKNOWN),
        twin=merged.port_number("twin"),
        job=merged.text_of("job"),
        outbound_local=merged.flag("outbound_local", default=False),
        note=merged.text_of("note"),
    )


def _check_twin(key: Key, entry: PortEntry, entries: Mapping[Key, PortEntry], rows: Rows) -> None:
    if entry.twin is None:
        return
    twin = (entry.transport, entry.twin)
    if twin not in entries:
        raise rows[key][0].error("twin", f"port {entry.twin} ({entry.transport}) is not listed")
    if entries[twin].speaks not in SECURE:
        if rows[twin][0].file == str(SHIPPED):
            problem = (
                f"port {entry.twin} ({entries[twin].service}) is {entries[twin].speaks}: tls or encrypted expected"
            )
            raise rows[key][0].error("twin", problem)
        problem = f"port {entry.port} ({entry.service}) has {entry.twin} as its secure twin: tls or encrypted expected"
        raise rows[twin][0].error("speaks", f"{problem}, or another twin there")
