"""Which certificate a server shows, and in words why there is no TLS with it."""

import hashlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sinks.unreached import causes, words

LOOK_SECONDS = 3.0
LONGEST_NAME = 100
TIME_DOES_NOT_COUNT = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME
# what OpenSSL calls them
NOT_YET_VALID, EXPIRED = 9, 10
ANOTHER_NAME = frozenset({62, 64})
NOT_TRUSTED = frozenset({2, 18, 19, 20, 21})
WANTS_OURS = "CERTIFICATE_REQUIRED"
NOTHING_IN_COMMON = "HANDSHAKE_FAILURE"
REFUSES_OURS = ("BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN")
NO_VERSION_IN_COMMON = "PROTOCOL_VERSION"
NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
OF_THE_HANDSHAKE = (WANTS_OURS, NOTHING_IN_COMMON, *REFUSES_OURS, NO_VERSION_IN_COMMON, *NO_TLS)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What people know a certificate by."""

    subject: str
    issuer: str
    begins: datetime
    ends: datetime
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f'certificate "{self.subject}" signed by "{self.issuer}", {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}'


class NotShown(ssl.SSLError):
    """The server shows its own certificate and not that of the authority which is pinned."""


def no_tls(error: BaseException, prefix: str, *, host: str, port: int | None) -> str:
    """Why, which certificate, and the setting to look at, whose name begins with `prefix`.

    `port` None: the way to the server is not direct, so the certificate cannot be looked at.
    """
    if any(isinstance(one, NotShown) for one in causes(error)):
        return (
            f"it shows {_of(shown(host, port) if port else None)} alone, which has not the fingerprint in "
            f"{prefix}CA_FINGERPRINT: an authority's has to be shown with it; let the server send its whole chain, "
            f"or name the authority's file in {prefix}CA_FILE instead"
        )
    if any("ingerprint" in str(one) for one in causes(error)):
        return f"{_of(shown(host, port) if port else None)} is not of the authority in {prefix}CA_FINGERPRINT"
    for one in causes(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return _refused_here(one, prefix, host=host, found=shown(host, port) if port else None)
        if isinstance(one, ssl.SSLError):
            return _refused_there(one, prefix)
        if isinstance(one, TimeoutError | ConnectionError):
            return f"nothing fit for it came back ({words(one)}): does it speak TLS there? See {prefix}URL"
    return f"{error}: check {prefix}CA_FILE"


def is_of_the_handshake(error: BaseException) -> bool:
    """Whether TLS failed before anything was sent. Where a server breaks it off for another reason, nobody knows."""
    found = next((one for one in causes(error) if isinstance(one, ssl.SSLError)), None)
    if found is None or isinstance(found, ssl.SSLCertVerificationError | ssl.SSLEOFError | NotShown):
        return True
    return (found.reason or "").endswith(OF_THE_HANDSHAKE)


def shown(host: str, port: int) -> Certificate | None:
    """The server's certificate, whoever signed it; None where it cannot be had."""
    blind = _context()
    blind.verify_mode = ssl.CERT_NONE
    try:
        with _connected(blind, host, port) as connection:
            der = connection.getpeercert(binary_form=True)
        if der is None:
            return None
        # the library takes only a certificate apart that it trusts
        trusting = _context()
        trusting.load_verify_locations(cadata=der)
        trusting.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | TIME_DOES_NOT_COUNT
        with _connected(trusting, host, port) as connection:
            return _read(connection.getpeercert() or {})
    except (OSError, ValueError, KeyError):
        return None


def fingerprint_of(der: bytes) -> str:
    """SHA-256, as hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def _refused_here(error: ssl.SSLCertVerificationError, prefix: str, *, host: str, found: Certificate | None) -> str:
    code = error.verify_code
    if code in ANOTHER_NAME:
        names = f", only for {', '.join(found.names)}" if found and found.names else ""
        return f"{_of(found)} is not for {host}{names}: write the address in {prefix}URL as the certificate has it"
    if code == EXPIRED:
        return f"{_of(found)} has expired: the server needs a new one"
    if code == NOT_YET_VALID:
        return f"{_of(found)} is not valid yet: is the clock of this machine right?"
    if code in NOT_TRUSTED:
        return f"{_of(found)} is not trusted ({error.verify_message}): name the authority's file in {prefix}CA_FILE"
    return f"{_of(found)} is refused ({error.verify_message}): check {prefix}CA_FILE"


def _refused_there(error: ssl.SSLError, prefix: str) -> str:
    reason = error.reason or ""
    if isinstance(error, ssl.SSLEOFError):
        return f"the server broke it off without a word: if it asks for a client certificate, set {prefix}CERT_FILE"
    if reason.endswith(WANTS_OURS):
        return f"the server asks for a client certificate ({reason}): set {prefix}CERT_FILE and {prefix}KEY_FILE"
    if reason.endswith(NOTHING_IN_COMMON):
        return (
            f"the server ended it ({reason}): it wants a client certificate, which {prefix}CERT_FILE names, "
            "or a version or cipher of TLS that is not offered"
        )
    if reason.endswith(NO_VERSION_IN_COMMON):
        return f"the server takes no version of TLS that is offered here, 1.2 and 1.3 ({reason}): it has to be updated"
    if reason.endswith(REFUSES_OURS):
        return f"the server refuses our client certificate ({reason}): check {prefix}CERT_FILE"
    if reason in NO_TLS:
        return f"what answers there does not speak TLS ({reason}): check {prefix}URL"
    return f"the server broke it off ({reason or error}): its own log says why"


def _of(found: Certificate | None) -> str:
    return f"its {found}," if found else "its certificate"


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    return made


@contextmanager
def _connected(context: ssl.SSLContext, host: str, port: int) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection((host, port), LOOK_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as encrypted,
    ):
        yield encrypted


def _read(found: Mapping[str, Any]) -> Certificate:
    """Of what Python's ssl makes of a certificate."""
    return Certificate(
        _name(found["subject"]),
        _name(found["issuer"]),
        _time(found["notBefore"]),
        _time(found["notAfter"]),
        tuple(_clean(str(name)) for _, name in found.get("subjectAltName", ())),
    )


def _name(parts: Sequence[Sequence[tuple[str, str]]]) -> str:
    """The common name where there is one, else everything."""
    pairs = [pair for part in parts for pair in part]
    common = [value for key, value in pairs if key == "commonName"]
    return _clean(common[-1] if common else ", ".join(f"{key}={value}" for key, value in pairs))


def _clean(text: str) -> str:
    """Whoever made the certificate could write anything into it."""
    return "".join(one if one.isprintable() else "?" for one in text)[:LONGEST_NAME]


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
