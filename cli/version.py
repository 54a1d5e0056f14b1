"""`sk2siem version`: which release this is."""

import platform
from importlib.metadata import PackageNotFoundError, version

import click


def release() -> str:
    """The installed release, or `unpacked` where the source tree is used without an installation."""
    try:
        return version("sk2siem")
    except PackageNotFoundError:
        return "unpacked"


@click.command("version")
def command() -> None:
    """Print the release.

    \b
    Example:
      sk2siem version
    """
    click.echo(f"sk2siem {release()} (Python {platform.python_version()}, {platform.system()} {platform.machine()})")
