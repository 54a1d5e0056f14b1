"""Names of addresses: what a resolver answers, and what such a name is worth."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

NameStatus = Literal["confirmed", "unconfirmed", "none", "timeout", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is None unless the status is `confirmed` (the name leads back to the address) or `unconfirmed`."""

    text: str | None
    status: NameStatus


class ReverseResolver(Protocol):
    """Who is behind an address. It never raises and never decides a verdict."""

    def resolve(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """A name for each of the addresses, within one deadline for all of them together."""
