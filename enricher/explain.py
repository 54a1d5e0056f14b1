"""A verdict in sentences: what was seen, on which entries it rests, which rule decided, and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from enricher.connection import UNTOLD
from enricher.policy import Mode
from enricher.rules import rule_of
from enricher.verdict import AFTER_FAILED_HANDSHAKE, CATALOGUE_WRONG
from schemas.reasons import Reason
from schemas.records import Alert, Basis, DetailType, Direction, Endpoint, Entry, Event, EventId, Network, Verdict

KINDS = {
    DetailType.ACCEPT: "A, a connection that the system accepted",
    DetailType.CONNECT: "C, a connection that the system opened",
    DetailType.INBOUND_UDP: "I, an inbound UDP packet",
    DetailType.OUTBOUND_UDP: "O, an outbound UDP packet",
    DetailType.SECURE: "S, a TLS handshake that succeeded",
    DetailType.FAILED_SECURE: "X, a TLS handshake that failed",
    DetailType.DHCP_ASSIGNED: "D, an address that DHCP assigned",
    DetailType.DHCP_NOT_ASSIGNED: "U, an address that DHCP did not assign",
    DetailType.FILTERED_MAIL: "F, a mail that was filtered",
    DetailType.REJECTED_MAIL: "R, a mail that was rejected",
    DetailType.PORT_UNAVAILABLE: "P, a port that was not available",
}
EVENTS = {
    "already-open": "It was open when `sk2siem netstat --baseline` looked, and its opening was not read.",
    "helper-port": "The port is a helper: it carries nothing of a user's, and TLS clients use it too.",
    "outbound": "Mode ports judges what the system opens only where the policy says `outbound = true`.",
    "udp": "Mode ports does not judge UDP.",
    "handshake": "A TLS handshake by itself is no connection; it is evidence for one.",
    "handshake-failed": "A TLS handshake by itself is no connection; it is evidence for one.",
}
BASES = {
    Basis.EVIDENCE: "what the audit journal shows of the connection",
    Basis.PORT: "what the policy and the port catalogue say of the port",
    Basis.POLICY: "what the policy says",
}
NETWORKS = {
    Network.INTERNAL: "in one of the policy's own networks",
    Network.EXTERNAL: "outside the policy's own networks",
}
DETAILS = {
    AFTER_FAILED_HANDSHAKE: "A TLS handshake was tried on it and failed.",
    CATALOGUE_WRONG: "The port catalogue lists the port as clear text only, and it spoke TLS.",
}
NAMES = {
    "confirmed": "confirmed: the name leads back to the address",
    "unconfirmed": "not confirmed: whoever owns an address can give it any name",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Paragraphs with their headings, each of whole sentences."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def explain(history: Sequence[Verdict], entries: Mapping[EventId, Entry], *, policy_here: str | None) -> Explanation:
    """`history` is the first verdict and its corrections, in order; the last one counts.

    `entries` are those that could still be read; `policy_here` is the hash of the policy that is configured where
    this is asked, None where it is not known.
    """
    verdict = history[-1]
    return Explanation(
        title=f"{verdict.id} is {verdict.verdict} ({verdict.reason}), of severity {verdict.severity}.",
        parts=(
            ("What was seen", tuple(_seen(verdict))),
            ("What it rests on", tuple(_evidence(verdict, entries))),
            ("Which rule decided", tuple(_rule(verdict))),
            ("Under which policy", tuple(_policy(verdict, policy_here))),
            *((("What was said before", tuple(_before(history))),) if len(history) > 1 else ()),
            ("What to do", (verdict.advice or _nothing_to_do(verdict),)),
        ),
    )


def explain_event(event: Event) -> Explanation:
    """Of an entry that gets no verdict."""
    why = EVENTS.get(event.reason, f"Its kind ({event.reason}) says nothing about encryption.")
    return Explanation(
        title=f"{event.id} is an event ({event.reason}): it gets no verdict.",
        parts=(("What was seen", (_entry_text(event.entry), _ends(event.entry))), ("Why it gets no verdict", (why,))),
    )


def explain_alert(alert: Alert) -> Explanation:
    """Of an alert that is about no connection."""
    advice = alert.advice or "This alert carries no advice."
    return Explanation(
        title=f"{alert.id} is an alert ({alert.kind}), of severity {alert.severity}: {alert.title}.",
        parts=(("What was seen", (alert.description,)), ("What to do", (advice,))),
    )


def lines_of(explanation: Explanation) -> Iterator[str]:
    """Headings, with their sentences below, one a line."""
    yield explanation.title
    for heading, sentences in explanation.parts:
        yield ""
        yield heading
        yield from (f"  {sentence}" for sentence in sentences)


def _seen(verdict: Verdict) -> Iterator[str]:
    when = f"{verdict.time:%Y-%m-%d %H:%M:%S.%f} UTC (the journal says {verdict.journal_time})"
    service = f"; the service is {verdict.service}" if verdict.service else ""
    yield f"At {when}, {_opened(verdict)}{service}."
    if verdict.network is not None:
        yield f"The other end is {NETWORKS[verdict.network]}."
    for end in (verdict.source, verdict.destination):
        if end.name:
            yield f"Reverse DNS calls {end.address} {end.name} ({NAMES.get(end.name_status or '', end.name_status)})."
    if verdict.tls:
        cipher = f" with {verdict.tls.cipher}" if verdict.tls.cipher else ""
        protocol = "a protocol that its entry does not name" if verdict.tls.protocol == UNTOLD else verdict.tls.protocol
        yield f"The TLS handshake used {protocol}{cipher}."
    elif verdict.reason == Reason.HANDSHAKE_FAILED:
        yield DETAILS[AFTER_FAILED_HANDSHAKE]
    elif len(verdict.evidence) <= 1 and verdict.detail_type is not DetailType.SECURE:
        if verdict.mode == Mode.EVIDENCE:
            yield "No TLS facts were joined to it."
    elif not verdict.detail:
        yield "A TLS entry that names no protocol belongs to it."
    if verdict.detail:
        yield DETAILS.get(verdict.detail, f"More on it: {verdict.detail}.")
    if verdict.backfill:
        yield "The entry was more than 15 minutes old when it was read."


def _opened(verdict: Verdict) -> str:
    """Who opened the connection, where that is known; where it is not, the destination is the system's own end."""
    is_outbound, over = verdict.direction is Direction.OUTBOUND, verdict.transport.upper()
    source = _end(verdict.source, verdict.system if is_outbound else None)
    destination = _end(verdict.destination, None if is_outbound else verdict.system)
    if verdict.direction is Direction.UNKNOWN:
        return f"{source} and {destination} had a connection over {over}, and it is not known who opened it"
    return f"{source} connected over {over} to {destination}"


def _end(end: Endpoint, system: str | None) -> str:
    """`system` where the end is its own."""
    address = end.address or "an unknown address"
    return f"{f'{system} ({address})' if system else address} port {end.port or 'unknown'}"


def _evidence(verdict: Verdict, entries: Mapping[EventId, Entry]) -> Iterator[str]:
    for one in verdict.evidence:
        entry = entries.get(one)
        if entry is None:
            yield f"Entry {one}, which is no longer among the entries that can be read here."
        else:
            yield _entry_text(entry)


def _ends(entry: Entry) -> str:
    local = f"{entry.local_address or 'unknown'} port {entry.local_port or 'unknown'}"
    remote = f"{entry.remote_address or 'unknown'} port {entry.remote_port or 'unknown'}"
    return f"Its local end is {local}, its remote end {remote}."


def _entry_text(entry: Entry) -> str:
    job = f", written by job {entry.job}" if entry.job else ""
    return (
        f"Entry {entry.id}: type {KINDS[entry.detail_type]}, sequence {entry.sequence} in "
        f"receiver {entry.receiver_library}/{entry.receiver} of {entry.journal}{job}."
    )


def _rule(verdict: Verdict) -> Iterator[str]:
    rule = rule_of(verdict.mode, verdict.reason)
    if rule is None:
        yield f"This release does not know the reason {verdict.reason} of mode {verdict.mode}."
    else:
        yield f"Row {rule.row} of the table for mode {verdict.mode} (docs/verdicts.md): {rule.when}"
    yield f"It stands on {BASES[verdict.basis]}."


def _policy(verdict: Verdict, policy_here: str | None) -> Iterator[str]:
    if policy_here is None:
        same = ""
    elif policy_here == verdict.policy:
        same = ", the one that is configured here"
    else:
        same = f"; the one that is configured here is {policy_here}, so its verdict may differ"
    yield f"Policy {verdict.policy} in mode {verdict.mode}{same}."
    if verdict.audit_levels is not None:
        levels = ", ".join(verdict.audit_levels) or "none"
        asserted = (
            " (nobody knows; the setting SK2SIEM_PRODUCER__AUDITED says so)" if verdict.audit_levels_asserted else ""
        )
        yield f"Audit levels in force: {levels}{asserted}."
    elif verdict.mode == Mode.EVIDENCE:
        yield "It is not known which audit levels were in force."


def _before(history: Sequence[Verdict]) -> Iterator[str]:
    for verdict in history[:-1]:
        yield f"{verdict.id} was {verdict.verdict} ({verdict.reason}), of severity {verdict.severity}."


def _nothing_to_do(verdict: Verdict) -> str:
    return "Nothing." if verdict.verdict == "secure" else "This verdict carries no advice."
