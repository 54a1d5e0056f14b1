"""Whether our own connection to the IBM i is encrypted, and whether its host servers speak TLS at all."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cli.doctor.finding import Finding, State
from enricher.catalogue import Catalogue
from enricher.present import of_service
from producer.settings import IbmiSettings

SERVICES = ("as-database-s", "as-signon-s")
SECONDS = 5.0
RESTART = ("ENDHOSTSVR SERVER(*ALL)", "STRHOSTSVR SERVER(*ALL)")


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a try of a TLS port gave; `trouble` says why there was no handshake, `distrust` why this machine does not
    trust the certificate."""

    port: int
    protocol: str | None = None
    cipher: str | None = None
    trouble: str | None = None
    distrust: str | None = None


Probe = Callable[[str, int], Handshake]


def host_server(ibmi: IbmiSettings, catalogue: Catalogue, probe: Probe) -> Iterator[Finding]:
    yield _setting(ibmi)
    why = "Over the clear ports, the password and every entry of the audit journal can be read on the way."
    if not ibmi.system or ibmi.dsn or ibmi.connection_string:
        what = "the host is in a data source or connection string: its TLS ports were not tried"
        yield Finding("host-server-tls", State.UNKNOWN, what, why)
        return
    ports = [entry.port for name in SERVICES if (entry := of_service(name, catalogue))]
    yield _judged([probe(ibmi.system, port) for port in ports], ibmi.system, why)


def try_handshake(host: str, port: int) -> Handshake:
    """A real handshake, and a second one without trust where the certificate is the trouble."""
    try:
        return _handshake(host, port, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message
    except (OSError, ValueError) as error:
        return Handshake(port, trouble=_words(error))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        found = _handshake(host, port, trusting)
    except (OSError, ValueError) as error:
        return Handshake(port, trouble=_words(error))
    return Handshake(port, found.protocol, found.cipher, distrust=distrust)


def _handshake(host: str, port: int, context: ssl.SSLContext) -> Handshake:
    with (
        socket.create_connection((host, port), timeout=SECONDS) as link,
        context.wrap_socket(link, server_hostname=host) as secured,
    ):
        cipher = secured.cipher()
        return Handshake(port, secured.version(), cipher[0] if cipher else None)


def _setting(ibmi: IbmiSettings) -> Finding:
    why = "With SK2SIEM_IBMI__TLS=false our own connections stand in the journal as clear text, and rightly so."
    if ibmi.dsn or ibmi.connection_string:
        return Finding("own-tls", State.NOTE, "the data source or connection string decides about TLS: say SSL=1", why)
    if ibmi.tls:
        return Finding("own-tls", State.OK, "our own connection asks for TLS", why)
    return Finding("own-tls", State.FAIL, "our own connection is not encrypted", why, ("SK2SIEM_IBMI__TLS=true",))


def _judged(tried: Sequence[Handshake], host: str, why: str) -> Finding:
    failed = [one for one in tried if one.trouble]
    if failed:
        troubles = "; ".join(f"port {one.port} of {host}: {one.trouble}" for one in failed)
        what = f"{troubles}; the host servers need a certificate (DCM)"
        return Finding("host-server-tls", State.FAIL, what, why, RESTART)
    what = ", ".join(f"port {one.port} speaks {one.protocol} with {one.cipher}" for one in tried)
    distrust = next((one.distrust for one in tried if one.distrust), None)
    if distrust:
        more = f"{what}; this machine does not trust it ({distrust}): add its authority here and for the ODBC driver"
        return Finding("host-server-tls", State.WARN, more, why)
    return Finding("host-server-tls", State.OK, what, why)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} s"
    if isinstance(error, ssl.SSLError):
        return f"no TLS handshake ({error.reason or error})"
    return str(getattr(error, "strerror", None) or error)
