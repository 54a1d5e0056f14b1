"""What is going to be switched off: which connections it ends, what they must change to, what cannot be seen of it."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol as Port
from typing import Self

from cli.report.tally import Group
from enricher.advice import advise_by_port
from enricher.catalogue import Catalogue, Match, PortEntry, Transport
from enricher.policy import Protocol
from enricher.tls import STRENGTH, cipher_name, protocol_of
from schemas.records import Direction

NETTELSVR, NETSCK, NETSECURE = "*NETTELSVR", "*NETSCK", "*NETSECURE"
TELNET = "telnet"
NAMES = ("RSA_", "ECDHE_", "DHE_", "AES_", "CHACHA20_")


class Change(Port):
    """`level` is the audit value without which nothing is known of these connections."""

    @property
    def what(self) -> str: ...

    @property
    def level(self) -> str: ...

    @property
    def cannot_show(self) -> str:
        """What no journal shows of it."""

    def ends(self, group: Group) -> bool:
        """Whether connections of this group would not be possible any more."""

    def must(self, group: Group) -> str:
        """What whoever opens them must change to."""

    def twin(self, group: Group) -> int | None:
        """The port on which the same service stays."""


@dataclass(frozen=True, slots=True)
class ClosedPort:
    """A port of the system on which nothing will listen any more."""

    port: int
    entry: PortEntry | None
    encrypted: PortEntry | None
    unseen: str = ""

    @classmethod
    def of(cls, port: int, catalogue: Catalogue) -> Self:
        """With what the catalogue says of it and of its secure twin."""
        entry = catalogue.get(Transport.TCP, port)
        unseen = " UDP to it is not in this plan." if catalogue.get(Transport.UDP, port) else ""
        if port in catalogue.passive_ftp:
            unseen += (
                " Data connections of FTP in passive mode are counted without their ports, and are not in this plan."
            )
        return cls(port, entry, catalogue.twin(entry), unseen)

    @property
    def what(self) -> str:
        return f"port {self.port}{f' ({self.entry.service})' if self.entry else ''} closed"

    @property
    def level(self) -> str:
        return NETTELSVR if self.entry and self.entry.service == TELNET else NETSCK

    @property
    def cannot_show(self) -> str:
        older = f"Connections to port {self.port} that were open before the time watched are not in the journal."
        return older + self.unseen

    def ends(self, group: Group) -> bool:
        who = group.who
        return who.direction is Direction.INBOUND and who.transport == "tcp" and who.port == self.port

    def must(self, group: Group) -> str:
        if self.entry is None:
            return f"No catalogue lists port {self.port}: find out what listens there, and where else."
        if self.encrypted is None:
            return f"No other port of {self.entry.service} is known: replace it, or keep port {self.port} in a tunnel."
        return advise_by_port(Match(self.port, True, self.entry), self.encrypted)

    def twin(self, group: Group) -> int | None:
        return self.encrypted.port if self.encrypted else None


@dataclass(frozen=True, slots=True)
class ProtocolsOff:
    """TLS versions taken off QSSLPCL: for what the system accepts and for what it opens."""

    protocols: frozenset[Protocol]

    @property
    def what(self) -> str:
        return f"{' and '.join(sorted(self.protocols))} off (QSSLPCL)"

    level = NETSECURE
    cannot_show = (
        "QSSLPCL is about System TLS: servers with a TLS of their own (Java, OpenSSL) do not follow it, and write no "
        "TLS facts."
    )

    def ends(self, group: Group) -> bool:
        protocol = group.conclusion.protocol
        return protocol is not None and protocol_of(protocol) in self.protocols

    def must(self, group: Group) -> str:
        strongest = max(STRENGTH[protocol] for protocol in self.protocols)
        left = [protocol for protocol in Protocol if STRENGTH[protocol] > strongest]
        if not left:
            return "No newer protocol is left: keep one on."
        side = "the server there" if group.who.direction is Direction.OUTBOUND else "this client"
        return f"Let {side} use {left[0]} or newer."

    def twin(self, group: Group) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class CipherOff:
    """Ciphers taken off QSSLCSL; `*` in the pattern stands for anything, and both spellings mean the same."""

    pattern: str

    @property
    def what(self) -> str:
        return f"cipher {self.pattern} off (QSSLCSL)"

    level = NETSECURE
    cannot_show = (
        "The journal has the cipher that was agreed upon, not what else was offered: who has another one in common "
        "with the system goes on with that."
    )

    def ends(self, group: Group) -> bool:
        cipher = group.conclusion.cipher
        return cipher is not None and fnmatchcase(cipher_name(cipher), _wanted(self.pattern))

    def must(self, group: Group) -> str:
        side = "the server there" if group.who.direction is Direction.OUTBOUND else "this client"
        return f"Let {side} offer a cipher that stays on; it used {group.conclusion.cipher}."

    def twin(self, group: Group) -> int | None:
        return None


def _wanted(pattern: str) -> str:
    """The pattern in the form of `cipher_name`. The system value writes each name with an asterisk before it."""
    name = cipher_name(pattern)
    is_name = pattern.count("*") == 1 and name.startswith(NAMES)
    return f"*{name}" if pattern.startswith("*") and not is_name else name
