"""What tests ask of the documents that sinks make."""

from collections.abc import Iterator, Mapping


def paths(document: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """The names of all values, each with those of what it is inside of."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}.")
        else:
            yield prefix + name
