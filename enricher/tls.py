"""What a protocol and a cipher are worth; both spellings of IBM i (`*RSA_…`, `TLS_RSA_WITH_…`) mean the same."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from enricher.policy import Policy, Protocol
from schemas.reasons import Reason
from schemas.records import Tls

STRENGTH = {protocol: strength for strength, protocol in enumerate(Protocol)}
SPELLING = re.compile(r"\*?(TLS|SSL)\s*V?\s*(\d)(?:\.(\d))?")
FORWARD_SECRET = ("ECDHE_", "DHE_", "AES_", "CHACHA20_")
"""A cipher of TLS 1.3 names no key exchange, because it always is an ephemeral one."""
KEY_EXCHANGE = ("RSA_", "ECDHE_", "DHE_")
TLS_1_3 = frozenset({"AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"})


def weakness(tls: Tls | None, policy: Policy) -> Reason | None:
    """Why the policy does not count this as encrypted; None where it does, or where the entry does not say enough."""
    if tls is None:
        return None
    protocol = protocol_of(tls.protocol)
    if protocol is not None and STRENGTH[protocol] < STRENGTH[policy.weakest_protocol]:
        return Reason.WEAK_PROTOCOL
    if tls.cipher and _is_weak(tls.cipher, policy.weak_ciphers, policy.needs_forward_secrecy):
        return Reason.WEAK_CIPHER
    return None


@lru_cache(1024)
def protocol_of(text: str) -> Protocol | None:
    """`TLSV1.2`, `TLSv1`, `*TLSV1.0`, `SSLV3`; None for what is none of them."""
    found = SPELLING.fullmatch(text.strip().upper())
    if found is None:
        return None
    kind, major, minor = found.groups()
    name = f"TLSV{major}.{minor or 0}" if kind == "TLS" else f"SSLV{major}"
    return Protocol(name) if name in tuple(Protocol) else None


def cipher_name(text: str) -> str:
    """The name in the one form in which names are compared: `RSA_AES_128_CBC_SHA256`."""
    return text.strip().upper().removeprefix("*").removeprefix("TLS_").replace("WITH_", "", 1)


def cipher_pattern(text: str) -> str:
    """A pattern of the policy, to be compared with such names.

    A `*` in front stands for anything, but where it is IBM's way to write one cipher (`*RSA_AES_128_CBC_SHA256`):
    before a whole name (which begins with its key exchange, or is one of TLS 1.3), and before `TLS_`.
    """
    name = cipher_name(text)
    is_whole = "*" not in name and (name.startswith(KEY_EXCHANGE) or name in TLS_1_3)
    means_anything = text.startswith("*") and not is_whole and not text.upper().startswith("*TLS_")
    return f"*{name}" if means_anything else name


@lru_cache(4096)
def _is_weak(cipher: str, patterns: Iterable[str], needs_forward_secrecy: bool) -> bool:
    name = cipher_name(cipher)
    if needs_forward_secrecy and not name.startswith(FORWARD_SECRET):
        return True
    return any(fnmatchcase(name, pattern) for pattern in patterns)
