"""The producer's stage: rows of the journal become records, or rejections with a reason."""

from collections import Counter
from collections.abc import Sequence

from producer.audit_levels import decode_sv
from producer.decode import decode
from producer.journal import Journal
from producer.reader import JournalRow
from runtime.flow import Outcome, Reason, Rejection
from runtime.metrics import Metrics
from runtime.record import Record
from schemas.codec import encode
from schemas.records import Audit, Entry, changed


class Decode:
    """Decodes in journal order; a change of the audit levels is remembered and published at its own place."""

    def __init__(self, journal: Journal, metrics: Metrics) -> None:
        self._journal = journal
        self._metrics = metrics

    def process(self, items: Sequence[JournalRow]) -> Outcome[JournalRow]:
        outputs: list[Record] = []
        rejected: list[Rejection[JournalRow]] = []
        types: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        journal, facts = self._journal, self._journal.facts
        for row in items:
            found = decode(row, facts) if row.entry_type == "SK" else self._system_value(row, outputs)
            if isinstance(found, Entry):
                outputs.append(journal.keyed(found.remote_address, encode(found), "entry"))
                types[found.detail_type] += 1
                sizes[found.detail_type] += len(row.entry_data)
            elif found is not None:
                rejected.append(Rejection(row, found))
        for detail_type, count in types.items():
            self._metrics.entries(detail_type, count, sizes[detail_type])
        return Outcome(outputs, rejected)

    def _system_value(self, row: JournalRow, outputs: list[Record]) -> Reason | None:
        """Publish a change of the audit levels; other system values and entry types are none of ours."""
        if row.entry_type != "SV":
            return None
        found = decode_sv(row, self._journal.facts)
        if found is None or isinstance(found, Reason):
            return found
        self._journal.change(found)
        outputs.extend(self._journal.broadcast(self._complete(found)))
        return None

    def _complete(self, audit: Audit) -> Audit:
        journal = self._journal
        return changed(
            audit,
            audit_levels=journal.audit_levels,
            partitions=journal.partitions,
            audit_levels_asserted=journal.is_asserted,
        )
