"""A resolver that knows what it was told, for tests of what is done with names."""

from collections.abc import Collection, Mapping

from enricher.names import Name

NONE = Name(None, "none")


class FakeResolver:
    """Answers from a table; every other address has no name. `asked` is what each call asked for, `expected` what was
    announced before."""

    def __init__(self, names: Mapping[str, Name] | None = None) -> None:
        self.names = dict(names or {})
        self.asked: list[set[str]] = []
        self.expected: list[set[str]] = []

    def expect(self, addresses: Collection[str]) -> None:
        self.expected.append(set(addresses))

    def known(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """Of those that it was asked for before."""
        before = set().union(*self.asked)
        return {address: self.names.get(address, NONE) for address in addresses if address in before}

    def resolve(self, addresses: Collection[str]) -> Mapping[str, Name]:
        self.asked.append(set(addresses))
        return {address: self.names.get(address, NONE) for address in addresses}
