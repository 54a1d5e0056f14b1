"""Which release this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def release() -> str:
    """The installed release, or `unpacked` where the source tree is used without an installation."""
    try:
        return version("sk2siem")
    except PackageNotFoundError:
        return "unpacked"
