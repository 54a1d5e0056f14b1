"""The tokens that this double knows, one of each kind; none of them opens anything else."""

import base64
import binascii
from dataclasses import dataclass

from dev.hec.answers import Refused, hec

TOKEN = "00000000-0000-4000-8000-000000000001"
ACK_TOKEN = "00000000-0000-4000-8000-000000000002"
LIMITED_TOKEN = "00000000-0000-4000-8000-000000000003"
DISABLED_TOKEN = "00000000-0000-4000-8000-000000000004"
LIMITED_INDEXES = frozenset({"main"})


@dataclass(frozen=True, slots=True)
class Token:
    """How one token is configured in Splunk; no set of indexes means any index."""

    use_ack: bool = False
    disabled: bool = False
    indexes: frozenset[str] | None = None


TOKENS = {
    TOKEN: Token(),
    ACK_TOKEN: Token(use_ack=True),
    LIMITED_TOKEN: Token(indexes=LIMITED_INDEXES),
    DISABLED_TOKEN: Token(disabled=True),
}


def authorize(header: str | None, *, in_query: bool) -> Token:
    """The token that an `Authorization` header names. Raises Refused (codes 1, 2, 3, 4, 16)."""
    if in_query:
        raise Refused(hec(16))
    token = TOKENS.get(_value(header))
    if token is None:
        raise Refused(hec(4))
    if token.disabled:
        raise Refused(hec(1))
    return token


def _value(header: str | None) -> str:
    scheme, _, credentials = (header or "").strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() not in ("", "splunk", "basic"):
        raise Refused(hec(3))
    if not credentials:
        raise Refused(hec(2))
    return credentials if scheme.lower() == "splunk" else _password(credentials)


def _password(credentials: str) -> str:
    try:
        _user, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(hec(3)) from None
    if not colon:
        raise Refused(hec(3))
    return password
