"""Journal against `sk.entries`: entries that were read once and are not there, read again and brought back."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.progress import follow
from cli.reconcile.case import BATCH, Case
from cli.reconcile.hop import Hop, Note
from cli.reconcile.on_topics import Entries
from enricher.restoration import Late
from producer.reader import Place
from producer.rereading import Rereading, Seen
from producer.service import rereading
from runtime.record import Record
from schemas.records import Gap, JournalPlace
from schemas.topics import ENTRIES, dead_letters


def compare(case: Case, journal: Rereading, entries: Entries) -> Hop:
    """From behind the oldest entry that is there, unless another time is asked for: the broker may be younger than the
    journal. Raises what reading and publishing raise; what was filled by then is filled."""
    hop = case.hop("journal", "the journal", ENTRIES)
    rejected = {record.key for record in case.broker.read(dead_letters("producer"))}
    gaps = Gaps([gap for gap in entries.gaps.values() if gap.system == journal.system])
    settled_until = min(journal.progress, entries.settled_until(journal.system))
    waiting: list[Record] = []
    oldest = entries.oldest.get(journal.system)
    if oldest is None and case.scope.since is None:
        return hop
    after = oldest[1] if oldest else None
    for seen in follow(journal.seen(after, case.scope.since), "reading the journal"):
        is_announced = gaps.cover(seen)
        if not case.scope.has(seen.time, journal.system):
            continue
        if seen.id in entries.ids:
            hop.arrived(seen.id)
        elif _key(journal.system, seen.row.place) in rejected:
            hop.notes[Note.DEAD_LETTER] += 1
        elif is_announced:
            hop.notes[Note.GAP] += 1
        elif seen.time > settled_until:
            hop.notes[Note.RECENT] += 1
        else:
            restored = journal.restored(seen.row)
            if case.scope.since is None and entries.has_expired(restored.record.partition, seen.time):
                hop.notes[Note.EXPIRED] += 1
                continue
            hop.hole(seen.id)
            if restored.entry is not None:
                entries.restore(Late(restored.entry, restored.record))
            waiting.append(restored.record)
            if len(waiting) == BATCH:
                _fill(case, hop, waiting)
    _fill(case, hop, waiting)
    return hop


@contextmanager
def opened(case: Case) -> Iterator[Rereading | None]:
    settings = case.settings
    with rereading(settings.producer, settings.ibmi, settings.simulator, case.broker, case.running) as journal:
        yield journal


def _fill(case: Case, hop: Hop, waiting: list[Record]) -> None:
    if case.publisher is not None:
        case.publish(waiting)
        hop.filled += len(waiting)
    waiting.clear()


def _key(system: str, place: Place) -> bytes:
    """That of the dead letter of a row."""
    return f"{system}/{place.receiver_library}/{place.receiver}/{place.sequence}".encode()


class Gaps:
    """Which entries lie in a gap that was announced; to be asked about each entry, in journal order."""

    def __init__(self, gaps: list[Gap]) -> None:
        self._gaps = gaps
        self._inside: set[str] = {gap.id for gap in gaps if gap.after is None}

    def cover(self, seen: Seen) -> bool:
        place = seen.row.place
        for gap in self._gaps:
            after, until = gap.after, gap.until
            if after and _same_receiver(after, place) and place.sequence > int(after.sequence):
                self._inside.add(gap.id)
            ended = until is None and seen.time > gap.time
            if until and _same_receiver(until, place):
                ended = ended or place.sequence >= int(until.sequence)
            if ended:
                self._inside.discard(gap.id)
        return bool(self._inside)


def _same_receiver(one: JournalPlace, other: Place) -> bool:
    return (one.receiver_library, one.receiver) == (other.receiver_library, other.receiver)
