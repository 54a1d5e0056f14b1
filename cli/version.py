"""`sk2siem version`: which release this is."""

import platform

import click

from runtime.release import release


@click.command("version")
def command() -> None:
    """Print the release.

    \b
    Example:
      sk2siem version
    """
    click.echo(f"sk2siem {release()} (Python {platform.python_version()}, {platform.system()} {platform.machine()})")
