"""Entries judged on the way, where no enricher has done it: by the policy that is configured here."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cli.report.coverage import Unread
from cli.report.findings import Item
from enricher.ended import Ended, Span
from enricher.settings import EnricherSettings
from runtime.dead_letters import TYPE as DEAD_LETTER
from runtime.record import Record, StoredRecord
from runtime.service import Running
from schemas.codec import CodecError, decode
from schemas.records import AnyRecord, Audit, Gap

NAMES_SECONDS = 1.0


def judged(entries: Iterable[StoredRecord], settings: EnricherSettings, running: Running, span: Span) -> Iterator[Item]:
    """Verdicts, events and status of the entries, audit and gap records as they are, None for what is unreadable, and
    what a producer rejected.

    Connections that are open at the end are closed there.
    """
    from enricher.catalogue import load_catalogue
    from enricher.comparison import in_batches
    from enricher.judge import Judge
    from enricher.policy_file import load_policy
    from enricher.service import resolver_of

    catalogue = load_catalogue(settings.ports)
    policy = load_policy(settings.policy, catalogue)
    resolver = resolver_of(settings, running, seconds=NAMES_SECONDS)
    judge = Judge(catalogue, policy, resolver=resolver, memory_limit=settings.memory_limit)
    unread: list[Unread] = []
    ended = Ended(_without_dead_letters(entries, span, unread), span, timedelta(seconds=2 * policy.window_seconds + 1))
    for batch in in_batches(ended):
        yield from (_decoded(one) for one in batch if one.type in (Audit.type, Gap.type))
        outcome = judge.process(batch)
        yield from (_decoded(one) for one in outcome.outputs)
        yield from (None for _ in outcome.rejected)
    yield from (None for _ in range(ended.unreadable))
    yield from unread


def _without_dead_letters(records: Iterable[StoredRecord], span: Span, found: list[Unread]) -> Iterator[StoredRecord]:
    for record in records:
        if record.type != DEAD_LETTER:
            yield record
        elif span.has(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)):
            found.append(Unread.of(record.key))


def _decoded(record: StoredRecord | Record) -> AnyRecord | None:
    try:
        return decode(record.type, record.value)
    except CodecError:
        return None
