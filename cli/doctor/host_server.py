"""Whether our own connection to the IBM i is encrypted, and whether its host servers speak TLS at all."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cli.doctor.finding import Finding, State
from enricher.catalogue import Catalogue
from enricher.present import of_service
from producer.settings import IbmiSettings
from sinks.unreached import why as why_unreached

SERVICES = ("as-database-s", "as-signon-s")
SECONDS = 5.0


class Failure(StrEnum):
    """Where a try ended, which decides who can mend it."""

    NAME = "name"
    SILENCE = "silence"
    REFUSAL = "refusal"
    HANDSHAKE = "handshake"


MENDS: dict[Failure, tuple[str, tuple[str, ...]]] = {
    Failure.NAME: ("it stands in SK2SIEM_IBMI__SYSTEM", ("SK2SIEM_IBMI__SYSTEM=...",)),
    Failure.SILENCE: ("", ()),
    Failure.REFUSAL: (
        "start the host servers; if they run, look in DCM whether they have a certificate",
        ("STRHOSTSVR SERVER(*CENTRAL *DATABASE *SIGNON)",),
    ),
    Failure.HANDSHAKE: (
        "the host servers need a certificate (DCM), and a restart, which interrupts all their clients",
        ("ENDHOSTSVR SERVER(*ALL)", "STRHOSTSVR SERVER(*ALL)"),
    ),
}
"""What to do about it, in words and as commands. Only a failed handshake is worth a restart."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a try of a TLS port gave; `trouble` says why there was no handshake, `distrust` why this machine does not
    trust the certificate."""

    port: int
    protocol: str | None = None
    cipher: str | None = None
    failure: Failure | None = None
    trouble: str = ""
    distrust: str | None = None


Probe = Callable[[str, int], Handshake]


def host_server(ibmi: IbmiSettings, catalogue: Catalogue, probe: Probe) -> Iterator[Finding]:
    yield _setting(ibmi)
    why = "Over the clear ports, the password and every entry of the audit journal can be read on the way."
    if ibmi.dsn or ibmi.connection_string:
        what = "the host is in a data source or connection string: its TLS ports were not tried"
        yield Finding("host-server-tls", State.UNKNOWN, what, why)
        return
    if not ibmi.system:
        what = "SK2SIEM_IBMI__SYSTEM is not set: no TLS port was tried"
        yield Finding("host-server-tls", State.UNKNOWN, what, why, MENDS[Failure.NAME][1])
        return
    ports = [entry.port for name in SERVICES if (entry := of_service(name, catalogue))]
    yield _judged([probe(ibmi.system, port) for port in ports], ibmi.system, why)


def try_handshake(host: str, port: int) -> Handshake:
    """A real handshake, and a second one without trust where the certificate is the trouble."""
    found = _handshake(host, port, ssl.create_default_context())
    if not found.distrust:
        return found
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return replace(_handshake(host, port, trusting), distrust=found.distrust)


def _handshake(host: str, port: int, context: ssl.SSLContext) -> Handshake:
    try:
        link = socket.create_connection((host, port), timeout=SECONDS)
    except UnicodeError:
        return Handshake(port, failure=Failure.NAME, trouble=f"{host} cannot be the name of a machine")
    except OSError as error:
        return Handshake(port, failure=_failure(error), trouble=why_unreached(error, host))
    try:
        with link, context.wrap_socket(link, server_hostname=host) as secured:
            cipher = secured.cipher()
            return Handshake(port, secured.version(), cipher[0] if cipher else None)
    except ssl.SSLCertVerificationError as error:
        return Handshake(port, distrust=error.verify_message)
    except (OSError, ValueError) as error:
        return Handshake(port, failure=Failure.HANDSHAKE, trouble=f"no TLS handshake ({_words(error)})")


def _failure(error: OSError) -> Failure:
    if isinstance(error, socket.gaierror):
        return Failure.NAME
    return Failure.REFUSAL if isinstance(error, ConnectionRefusedError) else Failure.SILENCE


def _setting(ibmi: IbmiSettings) -> Finding:
    why = "With SK2SIEM_IBMI__TLS=false our own connections stand in the journal as clear text, and rightly so."
    if ibmi.dsn or ibmi.connection_string:
        return Finding("own-tls", State.NOTE, "the data source or connection string decides about TLS: say SSL=1", why)
    if ibmi.tls:
        return Finding("own-tls", State.OK, "our own connection asks for TLS", why)
    return Finding("own-tls", State.FAIL, "our own connection is not encrypted", why, ("SK2SIEM_IBMI__TLS=true",))


def _judged(tried: Sequence[Handshake], host: str, why: str) -> Finding:
    failures = [failure for failure in Failure if any(one.failure is failure for one in tried)]
    if failures:
        what = "; ".join(_trouble(failure, tried, host) for failure in failures)
        commands = tuple(command for failure in failures for command in MENDS[failure][1])
        return Finding("host-server-tls", State.FAIL, what, why, commands)
    what = ", ".join(f"port {one.port} speaks {one.protocol} with {one.cipher}" for one in tried)
    distrust = next((one.distrust for one in tried if one.distrust), None)
    if distrust:
        more = f"{what}; this machine does not trust it ({distrust}): add its authority here and for the ODBC driver"
        return Finding("host-server-tls", State.WARN, more, why)
    return Finding("host-server-tls", State.OK, what, why)


def _trouble(failure: Failure, tried: Sequence[Handshake], host: str) -> str:
    """Of all ports that it happened at; what the first of them said stands for all."""
    same = [one for one in tried if one.failure is failure]
    ports = " and ".join(str(one.port) for one in same)
    return f"port {ports} of {host}: " + "; ".join(filter(None, (same[0].trouble, MENDS[failure][0])))


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} s"
    reason = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
    return str(reason or error)
