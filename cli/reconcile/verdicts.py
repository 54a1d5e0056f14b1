"""`sk.entries` against `sk.verdicts` and `sk.alerts`: entries are judged again, and what is missing is published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from cli.reconcile.case import BATCH, Case
from cli.reconcile.hop import Hop, Note
from cli.reconcile.on_topics import HANDSHAKES, Entries, Verdicts, document_of, time_of
from enricher.ended import CONTEXT
from enricher.restoration import Late, Restoration, in_place
from runtime.record import Record
from schemas.codec import decode_as
from schemas.ids import first_id
from schemas.records import AlertKind, EventId, Verdict
from schemas.topics import ALERTS, ENTRIES, VERDICTS

OF_STATE = frozenset({AlertKind.AUDITING.value, AlertKind.EXCEPTION.value})
"""Alerts that depend on what was known before the first entry that is left."""

Document = Mapping[str, Any]
Restored = Mapping[EventId, Late]


class VerdictHops:
    """Two hops of one reading."""

    def __init__(self, case: Case, restoration: Restoration, verdicts: Verdicts) -> None:
        self._case = case
        self._restoration = restoration
        self._there = verdicts
        self._verdicts = case.hop("verdicts", ENTRIES, VERDICTS)
        self._alerts = case.hop("alerts", VERDICTS, ALERTS)
        self._missing: list[tuple[Hop, Record]] = []
        self._rests_on_restored: dict[EventId, Record] = {}

    def compare(self, entries: Entries) -> None:
        """Raises what the broker raises; what was filled by then is filled."""
        restored = {one.entry.id: one for one in entries.restored}
        judged = entries.judged(self._case.read(ENTRIES, "judging"))
        for output in self._restoration.again(in_place(judged, entries.restored)):
            document = orjson.loads(output.value)
            if self._is_looked_at(output, document, entries, restored):
                self._look_for(output, document)
                if any(one in restored for one in document.get("evidence", ())):
                    self._rests_on_restored[first_id(document["id"])] = output
            if len(self._missing) == BATCH:
                self._fill()
        self._fill()
        self._correct(restored)
        self._verdicts.notes[Note.WAITING] += entries.waiting
        self._verdicts.notes[Note.UNREADABLE] += entries.unreadable

    def _correct(self, late: Restored) -> None:
        """Connections that were judged without a handshake which is there now."""
        last = self._last_verdicts()
        for one, output in self._rests_on_restored.items():
            if one in last:
                for record in self._restoration.corrected(output, last[one], late):
                    self._look_for(record, orjson.loads(record.value))
        self._fill()

    def _last_verdicts(self) -> dict[EventId, Verdict]:
        """The newest verdict on each of these connections, corrections included."""
        last: dict[EventId, Verdict] = {}
        for record in self._case.read(VERDICTS, "looking for corrections in") if self._rests_on_restored else ():
            document = document_of(record)
            if record.type != Verdict.type or document is None:
                continue
            if first_id(document["id"]) in self._rests_on_restored:
                verdict = decode_as(Verdict, record.value)
                before = last.setdefault(first_id(verdict.id), verdict)
                if (len(verdict.id), verdict.id) > (len(before.id), before.id):
                    last[first_id(verdict.id)] = verdict
        return last

    def _is_looked_at(self, output: Record, document: Document, entries: Entries, restored: Restored) -> bool:
        """Not what lies outside of the scope, is not settled yet, or is so near to what has expired that its context
        is gone; what was restored there has it."""
        time, system = time_of(document), document["system"]
        if not self._case.scope.has(time, system) or document.get("kind") in OF_STATE:
            return False
        # the time of a status is the broker's
        if datetime.fromisoformat(document.get("progress", document["time"])) > entries.settled_until(system):
            self._verdicts.notes[Note.RECENT] += 1
            return False
        begins = entries.horizon.get(output.partition)
        if begins is None or time >= begins + CONTEXT:
            return True
        about = document.get("connection") or document
        return first_id(about["id"]) in restored

    def _look_for(self, output: Record, document: Document) -> None:
        is_alert = output.topic == ALERTS
        hop, there = (self._alerts, self._there.alerts) if is_alert else (self._verdicts, self._there.ids)
        if document["id"] in there or self._rests_in_another(output, document):
            hop.arrived(document["id"])
        elif _depends_on_policy(output, document) and self._there.is_of_other_policy(document):
            hop.notes[Note.OTHER_POLICY] += 1
        elif self._case.scope.since is None and self._there.has_expired(output, document):
            hop.notes[Note.EXPIRED] += 1
        else:
            hop.hole(document["id"])
            self._missing.append((hop, output))

    def _rests_in_another(self, output: Record, document: Document) -> bool:
        """A handshake that the verdict on its connection rests on, though that entry cannot be read any more."""
        about = document.get("connection") or document
        return _is_of_handshake(about.get("entry") or about) and about["id"] in self._there.evidence

    def _fill(self) -> None:
        missing, self._missing = self._missing, []
        if self._case.publisher is None or not missing:
            return
        self._case.publish(self._restoration.ready([output for _, output in missing]))
        for hop, _ in missing:
            hop.filled += 1


def _depends_on_policy(output: Record, document: Document) -> bool:
    """Whether another policy could have said nothing here. A connection has a verdict or an event under any."""
    if output.topic == ALERTS:
        return document["connection"] is not None
    if output.type == "event":
        return _is_of_handshake(document["entry"])
    return output.type == "verdict" and (first_id(document["id"]) != document["id"] or _is_of_handshake(document))


def _is_of_handshake(document: Document) -> bool:
    return document.get("detail_type") in HANDSHAKES
