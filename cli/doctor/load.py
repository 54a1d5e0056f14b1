"""How much is written and how fast it can be read, and what switching an audit value on or off would do to that."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cli.doctor.facts import Facts, Values
from cli.doctor.finding import Finding, Refusal, State
from cli.doctor.lists import Words, adding, in_force, removing
from enricher.catalogue import Catalogue, Speaks, Transport
from producer.netstat import Socket
from producer.sample import Sample
from producer.settings import ProducerSettings
from schemas.records import DetailType, Entry

DAY = 86_400
ENTRY_BYTES = 1_200
MOST_CONNECTIONS = 16
TELNET_PORTS = frozenset({23, 992})
OURS = ("*NETSCK", "*NETTELSVR", "*NETSECURE", "*NETUDP")
TYPES = {
    "*NETSECURE": frozenset({DetailType.SECURE, DetailType.FAILED_SECURE}),
    "*NETUDP": frozenset({DetailType.INBOUND_UDP, DetailType.OUTBOUND_UDP}),
    "*NETFAIL": frozenset({DetailType.PORT_UNAVAILABLE}),
}
LOST = {
    "*NETSCK": "with them everything that is known of connections but Telnet",
    "*NETTELSVR": "with them every Telnet session",
    "*NETSECURE": "with them all that is known of TLS: verdicts by evidence become unknown",
    "*NETUDP": "with them UDP",
}


def load(facts: Facts, catalogue: Catalogue, settings: ProducerSettings) -> Iterator[Finding]:
    sample = facts.sample
    if isinstance(sample, Refusal):
        yield Finding("rate", State.UNKNOWN, f"no entries could be read: {sample}", _RATE_WHY)
        return
    counts = Counter(level_of(entry) for entry in sample.entries)
    yield _rate(sample, counts)
    yield _sustainable(sample, settings)
    if not isinstance(facts.values, Refusal) and facts.values.get("QAUDLVL") is not None:
        yield from _switching(facts, facts.values, sample, catalogue)


def afterwards(facts: Facts) -> Iterator[Finding]:
    """What may be taken back when the analysis is over."""
    why = "They write for as long as they are in force. While sk2siem watches, they have to stay."
    if isinstance(facts.values, Refusal) or facts.values.get("QAUDLVL") is None:
        yield Finding("afterwards", State.UNKNOWN, "the audit values cannot be seen", why)
        return
    first, second = _lists(facts.values)
    found = [level for level in OURS if level in in_force(first, second)]
    if not found:
        yield Finding("afterwards", State.OK, "none of the values that this analysis needs is in force", why)
        return
    what = f"when the analysis is over, these may be removed again, unless others need them: {' '.join(found)}"
    yield Finding("afterwards", State.NOTE, what, why, removing(first, second, found))


def level_of(entry: Entry) -> str:
    """The audit value that an entry was written for (IBM i 7.3 and later)."""
    for level, types in TYPES.items():
        if entry.detail_type in types:
            return level
    is_telnet = entry.detail_type is DetailType.ACCEPT and entry.local_port in TELNET_PORTS
    return "*NETTELSVR" if is_telnet else "*NETSCK"


_RATE_WHY = "It says how large receivers grow, and whether reading can keep up."


def _rate(sample: Sample, counts: Counter[str]) -> Finding:
    daily = {level: count / len(sample.entries) * sample.rate * DAY for level, count in counts.most_common()}
    parts = ", ".join(f"{level} {count:,.0f}" for level, count in daily.items())
    seconds = sample.span.total_seconds()
    span = f"{seconds / 60:,.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    what = (
        f"{sample.rate:,.2f} SK entries a second over {span}, {sample.rate * DAY:,.0f} a day"
        f" ({parts or 'none'}), about {_megabytes(sample.rate * DAY)} of receivers a day"
    )
    return Finding("rate", State.NOTE, what, _RATE_WHY)


def _sustainable(sample: Sample, settings: ProducerSettings) -> Finding:
    why = "A producer that reads more slowly than entries are written falls behind until receivers are deleted."
    if sample.readable_rate is None:
        what = f"{sample.read} entries in a week are too few to tell how fast this system can be read"
        return Finding("sustainable-rate", State.NOTE, what, why)
    able = sample.readable_rate * settings.connections
    what = (
        f"one connection reads {sample.readable_rate:,.0f} entries a second, {settings.connections} about {able:,.0f}; "
        f"{sample.rate:,.2f} a second are written"
    )
    if sample.rate < sample.readable_rate:
        return Finding("sustainable-rate", State.OK, what, why)
    state = State.WARN if sample.rate < able else State.FAIL
    commands = (f"SK2SIEM_PRODUCER__CONNECTIONS={MOST_CONNECTIONS}",)
    return Finding("sustainable-rate", state, what, why, commands)


def _switching(facts: Facts, values: Values, sample: Sample, catalogue: Catalogue) -> Iterator[Finding]:
    first, second = _lists(values)
    present = in_force(first, second)
    counts = Counter(level_of(entry) for entry in sample.entries)
    share = sample.rate * DAY / max(len(sample.entries), 1)
    for level in OURS:
        check = f"switch-{level.removeprefix('*').lower()}"
        if level in present:
            less = counts[level] * share
            what = f"{level} off: {less:,.0f} entries a day less ({_megabytes(less)}), and {LOST[level]}"
            yield Finding(check, State.NOTE, what, _SWITCH_WHY, removing(first, second, [level]))
        else:
            what = f"{level} on: {_more(level, facts, sample, catalogue)}"
            yield Finding(check, State.NOTE, what, _SWITCH_WHY, adding(first, second, [level]))


_SWITCH_WHY = "Audit values can be changed while the system runs; the change is in force at once."


def _more(level: str, facts: Facts, sample: Sample, catalogue: Catalogue) -> str:
    """What it would add, as far as something tells."""
    if level == "*NETSECURE":
        on_tls = sum(_is_tls(entry, catalogue) for entry in sample.entries)
        more = on_tls * sample.rate * DAY / max(len(sample.entries), 1)
        return (
            f"about {more:,.0f} entries a day more ({_megabytes(more)}): one for each connection on a TLS port, and one"
            " where another port goes over to TLS"
        )
    if level == "*NETUDP":
        return "one entry a flow in twelve hours; how many flows there are is not known beforehand"
    if isinstance(facts.sockets, Refusal):
        return "one entry for each new connection; how many come is not known beforehand"
    now = _open_now(level, facts.sockets)
    return f"one entry for each new connection; {now:,} are open now, how many come is not known beforehand"


def _open_now(level: str, sockets: Sequence[Socket]) -> int:
    is_telnet = level == "*NETTELSVR"
    return sum(one.is_connection and (one.local_port in TELNET_PORTS) == is_telnet for one in sockets)


def _is_tls(entry: Entry, catalogue: Catalogue) -> bool:
    port = {DetailType.ACCEPT: entry.local_port, DetailType.CONNECT: entry.remote_port}.get(entry.detail_type)
    found = catalogue.get(Transport.TCP, port)
    return found is not None and found.speaks is Speaks.TLS


def _lists(values: Values) -> tuple[Words, Words]:
    return values.get("QAUDLVL") or (), values.get("QAUDLVL2") or ()


def _megabytes(entries: float) -> str:
    return f"{entries * ENTRY_BYTES / 1e6:,.1f} MB"
