"""What `sk2siem canary` does: connects, follows, says what came of it."""

import click
import orjson

from cli.canary.connection import Opened, open_and_close
from cli.canary.course import Course, as_document
from cli.canary.diagnosis import diagnosis
from cli.canary.follow import Follower, ends_of, searching, stations
from cli.canary.plan import Plan
from cli.canary.view import heading, hop_lines, judged
from cli.running import tool
from cli.settings import Settings
from runtime.errors import CheckFailed


def try_the_way(plan: Plan, settings: Settings, *, within: float, search: bool, json: bool) -> None:
    """Raises CheckFailed where a station is not reached in time, and whatever else is not as it should be."""
    with tool("canary", settings) as (broker, running), searching(settings, wanted=search) as searches:
        starts = ends_of(broker)
        opened = open_and_close(plan.host, plan.port, sources=plan.sources, tls=plan.tls)
        if not json:
            click.echo(heading(plan, opened, settings.producer.system))
        needed = stations(settings, searches, handshake=plan.tells_tls and opened.tls is not None)
        follower = Follower(broker, settings, starts, running.shutdown.wait, searches)
        course = follower.follow(opened, plan.port, needed, within=within)
        _show(course, plan, json=json)
        if course.missing:
            why = diagnosis(course, broker, settings)
            raise CheckFailed(f"{course.missing[0]} was not reached within {within:g} s: {why}")
    _require_well(course, opened, plan)
    if not json:
        click.echo(f"arrived: {judged(course)}")


def _show(course: Course, plan: Plan, *, json: bool) -> None:
    if json:
        click.echo(orjson.dumps(as_document(course, plan.host), option=orjson.OPT_UTC_Z))
        return
    for line in hop_lines(course):
        click.echo(line)


def _require_well(course: Course, opened: Opened, plan: Plan) -> None:
    if opened.trouble:
        raise CheckFailed(f"{plan.host} port {plan.port} gave no TLS handshake: {opened.trouble}")
    if course.alerted:
        raise CheckFailed(f"it raised an alert: the enricher's policy has no [canary] for it; {judged(course)}")
