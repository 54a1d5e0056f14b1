"""Base URLs as they stand in settings: one or more, separated by commas, checked before anything is sent to them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from runtime.errors import Unavailable
from runtime.settings import Expected

CERTIFICATES = "ca_file", "ca_fingerprint", "cert_file"


def addresses(text: str, *, without: str = "") -> tuple[str, ...]:
    """The base URLs of a setting, without a trailing slash and without a path that ends in `without`.

    Raises ValueError that says what is wrong; a value is never repeated, because a URL may hold a password.
    """
    return tuple(_address(part.strip(), without) for part in text.split(","))


def require_host(text: str) -> None:
    """A name that no resolver would look up, or an address. Raises ValueError.

    The libraries below raise errors of their own for such a name, each another one and as late as it connects.
    """
    try:
        ip_address(text)
    except ValueError:
        if not _is_name(text):
            raise Expected(
                "no host has such a name: letters, digits and hyphens, and dots between parts of 1 to 63 of them"
            ) from None


def require_use(section: object, scheme: str, urls: Sequence[str]) -> None:
    """Certificates without any address that begins with `scheme` are used by nobody, nor is a key without one.

    Raises ValueError.
    """
    if getattr(section, "cert_file", None) is None and getattr(section, "key_file", None) is not None:
        raise ValueError("key_file belongs to a cert_file: set that too")
    unused = [name for name in CERTIFICATES if getattr(section, name, None) is not None]
    if unused and not any(url.lower().startswith(scheme) for url in urls):
        raise ValueError(f"{unused[0]} is used with {scheme} alone: write that in the url, or take {unused[0]} out")


def named(trouble: Unavailable, url: str, urls: Sequence[str]) -> Unavailable:
    """The same; of several, it says which one refused."""
    if len(urls) <= 1 or url in str(trouble):
        return trouble
    return Unavailable(f"{trouble} (at {url})", retry_after=trouble.retry_after)


@contextmanager
def telling(url: str, urls: Sequence[str]) -> Iterator[None]:
    """What is raised within is of this one. Raises Unavailable."""
    try:
        yield
    except Unavailable as error:
        told = named(error, url, urls)
        if told is error:
            raise
        raise told from error


def _address(text: str, without: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise Expected("not a URL: write for example https://siem.example.com:8088") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Expected("write each as http(s)://host:port, several separated by commas")
    require_host(parts.hostname)
    if parts.username is not None:
        raise Expected("no user name or password in a URL: they have settings of their own")
    if parts.query or parts.fragment:
        raise Expected("a base URL has no query and no fragment")
    return text.rstrip("/").removesuffix(without).rstrip("/")


def _is_name(text: str) -> bool:
    """As it is looked up, other letters encoded (RFC 3490); names with a _ are no good ones and do exist."""
    try:
        return re.fullmatch(rb"[a-zA-Z0-9._-]+", text.encode("idna")) is not None
    except UnicodeError:
        return False
