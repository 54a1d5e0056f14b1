"""What is behind the IBM i: the policy, the broker and its topics, every SIEM that is configured."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from cli.check import check_broker
from cli.doctor.finding import Finding, Refusal, State, asked
from cli.netstat.older import Older
from cli.services import SERVICES, configured
from cli.settings import Settings
from cli.variables import name_of
from runtime.broker import Broker
from runtime.errors import ConfigError
from schemas.topics import all_topics

SHOWN = 5
OURS = re.compile(r"`(sk2siem [^`]+)`")
"""A command of ours in a sentence."""


def pipeline(settings: Settings, broker: Broker | Refusal) -> Iterator[Finding]:
    yield end("policy", partial(SERVICES["enricher"].check, settings), _POLICY_WHY, "sk2siem policy check FILE")
    yield end("broker", partial(check_broker, "doctor", settings), _BROKER_WHY, f"see {name_of(('broker', '*'))}")
    yield _topics(broker, settings)
    yield from siems(settings)


_POLICY_WHY = "The enricher refuses to start with a wrong policy or port catalogue."
_BROKER_WHY = "Without it nothing is read; nothing is lost either, while receivers are kept."


def siems(settings: Settings) -> Iterator[Finding]:
    why = "Records wait on the broker until a SIEM takes them."
    names = [name for name in configured(settings) if name not in ("producer", "enricher")]
    if not names:
        what = "no SIEM is configured here: verdicts stay on the broker"
        yield Finding("siem", State.WARN, what, why, ("SK2SIEM_SPLUNK__URL=...", "SK2SIEM_ELASTIC__URL=..."))
    for name in names:
        yield end(name, partial(SERVICES[name].check, settings), why, f"see {name_of((name, '*'))}")


def coverage(older: Older | Refusal, system: str) -> Finding:
    """Connections that are open and of which nothing was ever told."""
    why = "The journal has an entry when a connection opens, and none while it lives: what is older looks like calm."
    if isinstance(older, Refusal):
        return Finding("older-connections", State.UNKNOWN, f"it cannot be told which are older: {older}", why)
    count = len(older.connections)
    if not count:
        return Finding("older-connections", State.OK, f"something is known of every open connection of {system}", why)
    shown = [_words(one.opinion.service, one.socket.remote_address) for one in older.connections[:SHOWN]]
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    unsure = "" if older.is_sure else "; no producer has read up to now, so that new ones are among them"
    what = f"{count:,} open connections are older than what was read: {', '.join(shown)}{more}{unsure}"
    return Finding("older-connections", State.WARN, what, why, ("sk2siem netstat --baseline",))


def _words(service: str | None, address: str | None) -> str:
    return f"{service or 'not listed'} with {address}"


def end(check: str, question: Callable[[], str], why: str, command: str) -> Finding:
    """What an end of the pipeline says of itself; `command` is for a trouble that names none."""
    answer = asked(question)
    if isinstance(answer, Refusal):
        return Finding(check, State.FAIL, str(answer), why, tuple(OURS.findall(str(answer))) or (command,))
    return Finding(check, State.OK, answer, why)


def _topics(broker: Broker | Refusal, settings: Settings) -> Finding:
    why = "The services need every topic; on Kafka none is created by itself."
    if isinstance(broker, Refusal):
        return Finding("topics", State.UNKNOWN, "the broker does not answer", why)
    wanted = [topic.name for topic in all_topics(settings.producer.partitions)]
    answer = asked(partial(broker.standings, "doctor", wanted))
    if not isinstance(answer, Refusal):
        return Finding("topics", State.OK, f"all {len(wanted)} topics are there", why)
    missing = [name for name in wanted if _is_missing(asked(partial(broker.standings, "doctor", [name])))]
    if not missing:
        return Finding("topics", State.UNKNOWN, f"the topics cannot be looked at: {answer}", why)
    return Finding("topics", State.FAIL, f"missing: {', '.join(missing)}", why, ("sk2siem init",))


def _is_missing(answer: object) -> bool:
    return isinstance(answer, Refusal) and isinstance(answer.error, ConfigError)
