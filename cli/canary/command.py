"""`sk2siem canary`: whether the whole way works, by a connection made on purpose.

What only this command needs is imported where it is used: a sink's worker starts without it.
"""

import os

import click

from cli.settings import load


@click.command("canary")
@click.argument("port", type=click.IntRange(1, 65_535), required=False)
@click.option("--host", help="Where to connect to; not set: SK2SIEM_IBMI__SYSTEM.")
@click.option("--tls/--no-tls", default=None, help="Shake hands or not; not set: as the port catalogue says.")
@click.option(
    "--within", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="Seconds that it may take."
)
@click.option(
    "--search", is_flag=True, help="Look for it in the SIEM itself, too (Elasticsearch, Splunk's search API)."
)
@click.option("--json", "json", is_flag=True, help="Print one JSON object.")
def command(port: int | None, host: str | None, tls: bool | None, within: float, search: bool, json: bool) -> None:
    """Open and close a connection to PORT of the system, and follow it: journal, broker, verdict, SIEM.

    Without PORT it is that of as-signon-s (9476). Exit code 69 when a station is not reached in time. The policy's
    table [canary] tells the enricher which connections these are, so that they raise no alert.

    \b
    Example:
      sk2siem canary 992 --within 30
    """
    from cli.canary.actions import try_the_way
    from cli.canary.plan import plan
    from enricher.catalogue import load_catalogue
    from enricher.policy_file import load_policy

    settings = load(os.environ)
    catalogue = load_catalogue(settings.enricher.ports)
    policy = load_policy(settings.enricher.policy, catalogue)
    planned = plan(settings, catalogue, policy, port=port, host=host, tls=tls)
    try_the_way(planned, settings, within=within, search=search, json=json)
