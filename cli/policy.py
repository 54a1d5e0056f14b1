"""`sk2siem policy`: look at a policy before it judges anything.

What only these commands need is imported where it is used: a sink's worker starts without it.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click

from cli.moments import since_option, until_option
from cli.records import read_from
from cli.settings import load
from cli.terminal import inert, say_json
from enricher.catalogue import SECURE, Catalogue, Speaks
from enricher.policy import Mode, Policy
from runtime.errors import CheckFailed
from schemas.topics import ENTRIES

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("policy")
def command() -> None:
    """Check, print and compare policies.

    \b
    Example:
      sk2siem policy check policy.toml

    A policy is a TOML file, or the name of one that ships: `default` or `ports`. The port catalogue is the one that
    SK2SIEM_ENRICHER__PORTS names.
    """


@command.command("check")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Check FILE, and say what is about to end in it.

    Exit code 78 and one line per problem, with file, line and key, when it is wrong.

    \b
    Example:
      sk2siem policy check policy.toml
    """
    catalogue = _catalogue()
    policy = _policy(file, catalogue)
    click.echo(inert(f"ok  {file}: policy {policy.hash} in mode {policy.mode}, {_counted(policy)}"))
    for line in (*_without_effect(policy, catalogue), *_ending(policy, datetime.now(UTC).date())):
        click.echo(inert(line))


@command.command("show")
@click.argument("file", type=FILE, required=False)
def show(file: Path | None) -> None:
    """Print all that the policy in FILE says, defaults included; without FILE, the policy that is configured.

    \b
    Example:
      sk2siem policy show default
    """
    from enricher.policy_text import policy_text

    policy = _policy(file or load(os.environ).enricher.policy, _catalogue())
    click.echo(f"# policy {policy.hash}")
    click.echo(policy_text(policy), nl=False)


@command.command("diff")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--from",
    "place",
    metavar="TOPIC|FILE",
    default=ENTRIES,
    show_default=True,
    help="Where the entries are: a topic of the broker, or a file with a record on each line.",
)
@since_option("connections")
@until_option("connections")
@click.option("--json", "json", is_flag=True, help="Print one JSON object, with every flip.")
def diff(old: Path, new: Path, place: str, since: datetime | None, until: datetime | None, json: bool) -> None:
    """Judge past entries under OLD and under NEW, and list the connections that get another verdict.

    \b
    Example:
      sk2siem policy diff default policy.toml --since 2026-11-22T00:00
    """
    from cli.policy_difference import as_json, show_difference
    from enricher.comparison import compare

    catalogue = _catalogue()
    before, after = _policy(old, catalogue), _policy(new, catalogue)
    found = compare(read_from(place, load(os.environ)), catalogue, before, after, since=since, until=until)
    if not found.connections:
        where = f"{place}{_span(since, until)}"
        raise CheckFailed(f"{where}: no connection to judge; policies judge entries, as {ENTRIES} has them")
    if json:
        say_json(as_json(found, before, after))
    else:
        show_difference(found, (str(old), before), (str(new), after))


def _span(since: datetime | None, until: datetime | None) -> str:
    ends = {"from": since, "until": until}
    return "".join(f" {word} {moment.isoformat(timespec='seconds')}" for word, moment in ends.items() if moment)


def _policy(file: Path, catalogue: Catalogue) -> Policy:
    from enricher.policy_file import load_policy

    return load_policy(file, catalogue)


def _catalogue() -> Catalogue:
    from enricher.catalogue import load_catalogue

    return load_catalogue(load(os.environ).enricher.ports)


def _counted(policy: Policy) -> str:
    parts = {"exception": len(policy.exceptions), "tunnel": len(policy.tunnels)}
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in parts.items())


def _without_effect(policy: Policy, catalogue: Catalogue) -> Iterator[str]:
    """Mode evidence goes by the catalogue, whatever the policy lists."""
    of_the_catalogue = catalogue.tcp_ports(SECURE), catalogue.tcp_ports({Speaks.CLEARTEXT})
    is_default = (policy.secure_ports, policy.cleartext_ports) == of_the_catalogue and not policy.outbound
    if policy.mode is Mode.EVIDENCE and not is_default:
        yield (
            "    [ports] is of mode ports: in mode evidence it has no effect. "
            "Say what a port speaks in a port catalogue of yours (SK2SIEM_ENRICHER__PORTS)."
        )


def _ending(policy: Policy, today: date) -> Iterator[str]:
    from enricher.expiry import NOTICE_DAYS, exception_text

    for exception in policy.exceptions:
        left = (exception.expires - today).days
        if left < 0:
            yield f"    ended on {exception.expires}: the exception for {exception_text(exception)} ({exception.owner})"
        elif left <= NOTICE_DAYS:
            yield f"    ends on {exception.expires}: the exception for {exception_text(exception)} ({exception.owner})"
