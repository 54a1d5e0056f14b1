"""Why a station was not reached, and what to look at."""

from cli.canary.course import BROKER, HANDSHAKE, JOURNAL, VERDICT, Course
from cli.netstat.older import journal_of
from cli.settings import Settings
from producer.positions import BrokerPositions
from runtime.broker import Broker
from schemas.topics import ALERTS, ENTRIES, VERDICTS


def diagnosis(course: Course, broker: Broker, settings: Settings) -> str:
    """About the first station that is missing. Raises Unavailable."""
    first = course.missing[0]
    if first in (JOURNAL, BROKER):
        return _not_read(course, broker, settings)
    if first == HANDSHAKE:
        return "no entry tells of its TLS handshake: *NETSECURE is not in force (`sk2siem doctor`)"
    if first.endswith("-search"):
        sink = first.removesuffix("-search")
        return f"{sink} took it and does not show it: see that what is written becomes visible, and `sk2siem reconcile`"
    service, topics = ("enricher", [ENTRIES]) if first == VERDICT else (first, [VERDICTS, ALERTS])
    behind = sum(one.behind for one in broker.standings(service, topics))
    return f"{service} has {behind:,} records before it: see that it runs, and `sk2siem check {service}`"


def _not_read(course: Course, broker: Broker, settings: Settings) -> str:
    publisher = broker.publisher(f"sk2siem.canary.{course.system}")
    try:
        position = BrokerPositions(publisher, course.system, journal_of(settings)).glance()
    finally:
        publisher.close()
    if position is None:
        return f"no position of {course.system} is stored: no producer has ever read its journal"
    if position.progress < course.opened.at:
        read = f"{position.progress:%Y-%m-%d %H:%M:%S} UTC"
        return f"the producer has read up to {read} only: see that it runs, and `sk2siem check producer`"
    return (
        f"the journal has been read beyond it, and has no accept from port {course.opened.port}: *NETSCK (Telnet: "
        "*NETTELSVR) is not in force, what listens does not accept, or something on the way changes ports (NAT)"
    )
