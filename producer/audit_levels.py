"""How auditing itself changed: SV entries of the system values that say what is audited, and the levels they leave."""

from collections.abc import Iterable

from producer import layout
from producer.decode import EntryFacts, utc_time
from producer.fields import Unreadable
from producer.reader import JournalRow
from producer.settings import WORD
from runtime.flow import Reason
from schemas.ids import entry_id
from schemas.records import Audit

AUDIT_SYSTEM_VALUES = ("QAUDLVL", "QAUDLVL2", "QAUDCTL")
AUDITING_ON = "*AUDLVL"
SECOND_LIST = "*AUDLVL2"
NOTHING = "*NONE"

Levels = frozenset[str] | None
"""The values of QAUDLVL and, where it refers to it, of QAUDLVL2; empty when nothing is audited, None when not known."""


def decode_sv(row: JournalRow, facts: EntryFacts) -> Audit | Reason | None:
    """The change that an SV row describes, None when it is about another system value.

    Values are blank-separated words, whether they stood in ten-byte slots or in free text. `audit_levels` and
    `partitions` are left to who publishes the record and knows the levels before it.
    """
    try:
        return _audit(row, facts)
    except Unreadable as unreadable:
        return unreadable.reason


def levels_after(levels: Levels, changes: Iterable[Audit]) -> Levels:
    """The levels in force after `changes`, in journal order, when `levels` were in force before them.

    That a change of the lists stands in the journal at all proves that auditing was on.
    """
    for change in changes:
        levels = _levels_after_one(levels, change)
    return levels


def _levels_after_one(levels: Levels, change: Audit) -> Levels:
    old, new = _words(change.old_value), _words(change.new_value)
    match change.system_value:
        case "QAUDCTL":
            if AUDITING_ON not in new:
                return frozenset()
            return levels if AUDITING_ON in old else None
        case "QAUDLVL" if SECOND_LIST not in new:
            return new
        case "QAUDLVL" if SECOND_LIST not in old:
            return None
        case "QAUDLVL2" if levels is not None and SECOND_LIST not in levels:
            return levels
        case "QAUDLVL" | "QAUDLVL2":
            # A level in both lists counts as removed until the present value is read again: the cautious error.
            return None if levels is None else (levels - old) | new
    return levels


def _words(value: str) -> frozenset[str]:
    return frozenset(value.split()) - {NOTHING}


def _audit(row: JournalRow, facts: EntryFacts) -> Audit | None:
    raw = row.entry_data
    if row.entry_type != "SV":
        raise Unreadable("not-a-system-value-entry", "only entries of type SV describe system values")
    if len(raw) < layout.SV_NAME.stop:
        raise _too_short(raw, layout.SV_NAME.stop)
    name = raw[layout.SV_NAME].decode(layout.CCSID).strip(layout.PADDING)
    if raw[layout.SV_KIND].decode(layout.CCSID) != "A" or name not in AUDIT_SYSTEM_VALUES:
        return None
    if len(raw) < layout.SV_SHORTEST:
        raise _too_short(raw, layout.SV_SHORTEST)
    new_value = _value(raw, layout.SV_NEW)
    if not new_value:
        raise Unreadable("bad-system-value", "the new value is blank; a system value without a level says *NONE")
    place = row.place
    return Audit(
        id=entry_id(row.timestamp, facts.system, place.receiver, place.sequence),
        system=facts.system,
        journal=facts.journal,
        receiver_library=place.receiver_library,
        receiver=place.receiver,
        sequence=str(place.sequence),
        time=utc_time(row, facts),
        system_value=name,
        old_value=_value(raw, layout.SV_OLD),
        new_value=new_value,
        audit_levels=None,
        partitions=1,
    )


def _value(raw: bytes, fields: Iterable[slice]) -> str:
    """The words of a value. Slots leave no blank after a word of ten letters, so a word is what begins with a star."""
    text = "".join(_piece(raw, field) for field in fields).replace("\0", " ")
    words = WORD.findall(text)
    if WORD.sub("", text).strip():
        raise Unreadable("bad-system-value", "the value is not a list of words that begin with a star")
    return " ".join(words)


def _piece(raw: bytes, field: slice) -> str:
    """One field of a value; a continuation can be absent, but not cut off in the middle of what it says."""
    text = raw[field].decode(layout.CCSID)
    if 0 < len(text) < layout.width(field) and text.strip(layout.PADDING):
        raise _too_short(raw, field.stop)
    return text


def _too_short(raw: bytes, needed: int) -> Unreadable:
    return Unreadable("entry-data-too-short", f"the entry data has {len(raw)} bytes; at least {needed} are needed")
