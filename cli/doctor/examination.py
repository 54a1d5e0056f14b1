"""The whole examination, finding by finding, in the order in which an administrator would look."""

from collections.abc import Callable, Iterator

from cli.doctor.auditing import auditing
from cli.doctor.facts import Facts, gather
from cli.doctor.finding import Finding, Refusal, State, asked
from cli.doctor.host_server import Probe, host_server, try_handshake
from cli.doctor.journal import journal
from cli.doctor.load import afterwards, load
from cli.doctor.partition import authorities, clock, reader, release, services
from cli.doctor.pipeline import coverage, pipeline
from cli.netstat.look import connections
from cli.netstat.older import Older, find_older
from cli.services import SERVICES, service
from cli.settings import Settings
from enricher.catalogue import Catalogue, load_catalogue
from enricher.policy import Policy
from enricher.policy_file import load_policy
from producer.asking import asking
from producer.survey import PartitionClock, Survey
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.errors import ConfigError, LoginRefused
from runtime.service import Running

WITHOUT_IBM_I = ("file", "simulator")
PROFILE = "SK2SIEM"

Told = Iterator[tuple[str, Finding]]
"""Each finding under its heading."""


def examine(settings: Settings, running: Running, *, probe: Probe = try_handshake) -> Told:
    """Nothing on the IBM i is changed. What cannot be asked is a finding, too. `running.resources` close the broker."""
    judged_by = asked(lambda: _judgement(settings))
    catalogue, policy = _judgement(Settings()) if isinstance(judged_by, Refusal) else judged_by
    facts = None
    if settings.producer.reader in WITHOUT_IBM_I:
        what = f"the reader {settings.producer.reader} needs no IBM i: nothing of it was looked at"
        yield "The IBM i", Finding("connection", State.NOTE, what, _CONNECTION_WHY)
    else:
        finding, facts = _facts(settings, running)
        yield "The IBM i", finding
        yield from (("The IBM i", one) for one in host_server(settings.ibmi, catalogue, probe))
    if facts:
        yield from _partition(facts, settings, catalogue, policy)
    broker = asked(lambda: connect(settings.broker, running, batch_size=settings.loop.batch_size))
    if not isinstance(broker, Refusal):
        running.resources.callback(broker.close)
    yield from (("The pipeline", one) for one in pipeline(settings, broker))
    if facts:
        older = _older(facts, broker, settings, catalogue, policy, running.shutdown.wait)
        yield "Coverage", coverage(older, settings.producer.system or settings.ibmi.system)
    if facts:
        yield from (("When the analysis is over", one) for one in afterwards(facts))


_CONNECTION_WHY = "The producer reads the journal over it."


def _facts(settings: Settings, running: Running) -> tuple[Finding, Facts | None]:
    """What was asked, and whether it could be asked at all."""

    def ask() -> tuple[PartitionClock, Facts]:
        service("producer", settings)
        with asking(settings.ibmi, running) as odbc:
            survey = Survey(odbc, settings.ibmi, settings.producer)
            return survey.clock(), gather(odbc, settings)

    answer = asked(ask)
    if isinstance(answer, Refusal):
        return Finding("connection", State.FAIL, str(answer), _CONNECTION_WHY, _mend(answer, settings)), None
    at = f"{answer[0].local:%Y-%m-%d %H:%M:%S}"
    what = f"{settings.ibmi.system or settings.ibmi.dsn or 'the IBM i'} answers; its local time is {at}"
    return Finding("connection", State.OK, what, _CONNECTION_WHY), answer[1]


def _mend(refusal: Refusal, settings: Settings) -> tuple[str, ...]:
    if missing := SERVICES["producer"].missing(settings):
        return tuple(f"{name}=..." for name in missing)
    if isinstance(refusal.error, ConfigError):
        return ("sk2siem config",)
    if isinstance(refusal.error, LoginRefused):
        return f"CHGUSRPRF USRPRF({_profile(settings)}) STATUS(*ENABLED)", "SK2SIEM_IBMI__PASSWORD=...  # then try once"
    return ("STRHOSTSVR SERVER(*ALL)  /* and let ports 449, 9470, 9471, 9475 and 9476 through the firewall */",)


def _partition(facts: Facts, settings: Settings, catalogue: Catalogue, policy: Policy) -> Told:
    profile, producer = _profile(settings), settings.producer
    parts: dict[str, Iterator[Finding]] = {
        "The system": _each(
            release(facts),
            services(facts),
            reader(facts, producer),
            clock(facts, producer),
            authorities(facts, profile),
        ),
        "What is audited": auditing(facts, profile, policy.mode),
        "The journal": journal(facts, profile, producer),
        "How much it is": load(facts, catalogue, producer),
    }
    for title, findings in parts.items():
        yield from ((title, one) for one in findings)


def _each(*parts: Iterator[Finding]) -> Iterator[Finding]:
    for part in parts:
        yield from part


def _older(
    facts: Facts,
    broker: Broker | Refusal,
    settings: Settings,
    catalogue: Catalogue,
    policy: Policy,
    wait: Callable[[float], bool],
) -> Older | Refusal:
    sockets = facts.sockets
    if isinstance(sockets, Refusal):
        return sockets
    if isinstance(broker, Refusal):
        return broker
    seen = connections(sockets, settings.producer.system, catalogue, policy)
    return asked(lambda: find_older(seen, broker, settings, policy, wait=wait))


def _judgement(settings: Settings) -> tuple[Catalogue, Policy]:
    catalogue = load_catalogue(settings.enricher.ports)
    return catalogue, load_policy(settings.enricher.policy, catalogue)


def _profile(settings: Settings) -> str:
    """To stand in commands."""
    return settings.ibmi.username.upper() or PROFILE
