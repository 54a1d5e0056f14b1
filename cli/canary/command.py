"""`sk2siem canary`: whether the whole way works, by a connection made on purpose.

What only this command needs is imported where it is used: a sink's worker starts without it.
"""

import os

import click
import orjson

from cli.running import tool
from cli.settings import load
from runtime.errors import CheckFailed


@click.command("canary")
@click.argument("port", type=click.IntRange(1, 65_535), required=False)
@click.option("--host", help="Where to connect to; not set: SK2SIEM_IBMI__SYSTEM.")
@click.option("--tls/--no-tls", default=None, help="Shake hands or not; not set: as the port catalogue says.")
@click.option(
    "--within", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="Seconds that it may take."
)
@click.option("--json", "json", is_flag=True, help="Print one JSON object.")
def command(port: int | None, host: str | None, tls: bool | None, within: float, json: bool) -> None:
    """Open and close a connection to PORT of the system, and follow it: journal, broker, verdict, SIEM.

    Without PORT it is that of as-signon-s (9476). Exit code 69 when a station is not reached in time. The policy's
    table [canary] tells the enricher which connections these are, so that they raise no alert.

    \b
    Example:
      sk2siem canary 992 --within 30
    """
    from cli.canary.connection import open_and_close
    from cli.canary.course import as_document
    from cli.canary.diagnosis import diagnosis
    from cli.canary.follow import Follower, ends_of, stations
    from cli.canary.plan import plan
    from cli.canary.view import heading, hop_lines, judged
    from enricher.catalogue import load_catalogue
    from enricher.policy_file import load_policy

    settings = load(os.environ)
    catalogue = load_catalogue(settings.enricher.ports)
    policy = load_policy(settings.enricher.policy, catalogue)
    planned = plan(settings, catalogue, policy, port=port, host=host, tls=tls)
    with tool("canary", settings) as (broker, running):
        starts = ends_of(broker)
        opened = open_and_close(planned.host, planned.port, sources=planned.sources, tls=planned.tls)
        needed = stations(settings, handshake=planned.tells_tls and opened.tls is not None)
        if not json:
            click.echo(heading(planned, opened, settings.producer.system))
        follower = Follower(broker, settings, starts, running.shutdown.wait)
        course = follower.follow(opened, planned.port, needed, within=within)
        if json:
            click.echo(orjson.dumps(as_document(course, planned.host), option=orjson.OPT_UTC_Z))
        else:
            for line in hop_lines(course):
                click.echo(line)
        if course.missing:
            why = diagnosis(course, broker, settings)
            raise CheckFailed(f"{course.missing[0]} was not reached within {within:g} s: {why}")
    if opened.trouble:
        raise CheckFailed(f"{planned.host} port {planned.port} gave no TLS handshake: {opened.trouble}")
    if course.alerted:
        raise CheckFailed(f"it raised an alert: the enricher's policy has no [canary] for {judged(course)}")
    if not json:
        click.echo(f"arrived: {judged(course)}")
