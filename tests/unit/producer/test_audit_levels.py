"""Changes of the audit levels, as SV entries tell them, and what is in force after them."""

from datetime import UTC, datetime

import pytest

from producer.audit_levels import Levels, decode_sv, levels_after
from producer.decode import EntryFacts
from producer.reader import JournalRow, Place
from producer.simulator.encoder import encode_system_value
from runtime.flow import Reason
from schemas.ids import entry_id
from schemas.records import Audit

WRITTEN = datetime(2026, 11, 22, 12, 30, 0, 5)
FACTS = EntryFacts(
    system="PROD1",
    journal="QSYS/QAUDJRN",
    reader="display-journal",
    to_utc=lambda local: local.replace(tzinfo=UTC),
    read_at_utc=WRITTEN.replace(tzinfo=UTC),
)


def row(entry_data: bytes, entry_type: str = "SV") -> JournalRow:
    return JournalRow(Place("AUDLIB", "AUDRCV0002", 77), WRITTEN, entry_type, entry_data)


def free_text(name: str, new: str, old: str) -> bytes:
    """An SV entry of one field for each value, in words with one blank between."""
    raw = "A" + name.ljust(10) + new.ljust(250) + old.ljust(250)
    return raw.encode("cp037")


def change(system_value: str, old: str, new: str) -> Audit:
    place = entry_id(WRITTEN, "PROD1", "AUDRCV0002", 77)
    return Audit(
        place,
        "PROD1",
        "QSYS/QAUDJRN",
        "AUDLIB",
        "AUDRCV0002",
        "77",
        WRITTEN.replace(tzinfo=UTC),
        system_value,
        old,
        new,
        None,
        1,
    )


def levels(words: str) -> frozenset[str]:
    return frozenset(words.split())


@pytest.mark.parametrize("name", ["QAUDLVL", "QAUDLVL2", "QAUDCTL"])
def test_a_change_of_what_is_audited_is_decoded_at_its_place(name: str) -> None:
    raw = encode_system_value(name, new=("*NETSCK", "*NETSECURE"), old=("*NONE",))

    found = decode_sv(row(raw), FACTS)

    assert found == change(name, "*NONE", "*NETSCK *NETSECURE")


@pytest.mark.parametrize(
    ("raw", "new_value"),
    [
        (
            encode_system_value("QAUDLVL", ("*NETTELSVR", "*NETSECURE", "*NETSCK"), ("*NONE",)),
            "*NETTELSVR *NETSECURE *NETSCK",
        ),
        (free_text("QAUDLVL", "*NETTELSVR *NETSECURE *NETSCK", "*NONE"), "*NETTELSVR *NETSECURE *NETSCK"),
        (free_text("QAUDLVL", "*NETSCK\0\0\0*NETUDP\0\0", "*NONE"), "*NETSCK *NETUDP"),
        (free_text("QAUDLVL", "*NONE", "*NETSCK"), "*NONE"),
    ],
    ids=["slots without a blank between", "words", "zeros for blanks", "nothing audited"],
)
def test_values_are_read_from_slots_and_from_words(raw: bytes, new_value: str) -> None:
    found = decode_sv(row(raw), FACTS)

    assert isinstance(found, Audit)
    assert found.new_value == new_value


def test_a_value_goes_on_in_its_continuations() -> None:
    new = tuple(f"*LEVEL{number:04d}" for number in range(99))
    old = tuple(f"*OLDER{number:04d}"[:10] for number in range(60))
    raw = encode_system_value("QAUDLVL2", new, old)

    found = decode_sv(row(raw), FACTS)

    assert len(raw) == 3011
    assert isinstance(found, Audit)
    assert found.new_value.split() == [level[:10] for level in new]
    assert found.old_value.split() == list(old)


@pytest.mark.parametrize("length", [511, 761, 1011, 1500, 3011])
def test_empty_continuations_may_be_cut_off(length: int) -> None:
    raw = encode_system_value("QAUDLVL", ("*NETSCK",), ("*NONE",))[:length]

    assert decode_sv(row(raw), FACTS) == change("QAUDLVL", "*NONE", "*NETSCK")


@pytest.mark.parametrize(
    "raw",
    [
        encode_system_value("QTIMZON", ("*SYS",), ("*SYS",)),
        encode_system_value("QAUDLVLX", ("*NETSCK",), ("*NONE",)),
        encode_system_value("QPWDEXPITV", (), ())[:11],
        "B".encode("cp037") + encode_system_value("QAUDLVL", ("*NETSCK",), ("*NONE",))[1:],
    ],
    ids=["time zone", "a longer name", "a short entry", "a service attribute"],
)
def test_other_system_values_are_none_of_ours(raw: bytes) -> None:
    assert decode_sv(row(raw), FACTS) is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "entry-data-too-short"),
        (encode_system_value("QAUDLVL", ("*NETSCK",), ())[:10], "entry-data-too-short"),
        (encode_system_value("QAUDLVL", ("*NETSCK",), ())[:510], "entry-data-too-short"),
        (encode_system_value("QAUDLVL2", ("*NETSECURE",) * 40, ())[:600], "entry-data-too-short"),
        (free_text("QAUDLVL", "", "*NETSCK"), "bad-system-value"),
        (free_text("QAUDLVL", "*NETSCK 17", "*NONE"), "bad-system-value"),
        (free_text("QAUDLVL", "*NETSCK", "netsck"), "bad-system-value"),
    ],
    ids=[
        "nothing",
        "no name",
        "no old value",
        "cut in a continuation",
        "blank",
        "a number",
        "old value in small letters",
    ],
)
def test_a_change_that_cannot_be_understood_is_refused(raw: bytes, code: str) -> None:
    found = decode_sv(row(raw), FACTS)

    assert isinstance(found, Reason)
    assert found.code == code


def test_only_system_value_entries_are_decoded() -> None:
    found = decode_sv(row(encode_system_value("QAUDLVL", ("*NETSCK",), ()), "SK"), FACTS)

    assert isinstance(found, Reason)
    assert found.code == "not-a-system-value-entry"


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (levels("*NETSCK"), [], levels("*NETSCK")),
        (None, [], None),
        (None, [change("QAUDLVL", "*NETSCK", "*NETSCK *NETSECURE")], levels("*NETSCK *NETSECURE")),
        (levels("*NETSCK"), [change("QAUDLVL", "*NETSCK", "*NONE")], frozenset()),
        (levels("*NETSCK *NETSECURE"), [change("QAUDCTL", "*AUDLVL *OBJAUD", "*OBJAUD")], frozenset()),
        (frozenset(), [change("QAUDCTL", "*NONE", "*AUDLVL")], None),
        (levels("*NETSCK"), [change("QAUDCTL", "*AUDLVL", "*AUDLVL *NOQTEMP")], levels("*NETSCK")),
        (levels("*NETSCK"), [change("QAUDLVL2", "*NONE", "*NETSECURE")], levels("*NETSCK")),
        (
            levels("*AUDLVL2 *NETSCK *NETUDP"),
            [change("QAUDLVL2", "*NETUDP", "*NETSECURE")],
            levels("*AUDLVL2 *NETSCK *NETSECURE"),
        ),
        (None, [change("QAUDLVL2", "*NETUDP", "*NETSECURE")], None),
        (
            levels("*AUDLVL2 *NETSCK *NETSECURE"),
            [change("QAUDLVL", "*AUDLVL2 *NETSCK", "*AUDLVL2 *NETUDP")],
            levels("*AUDLVL2 *NETUDP *NETSECURE"),
        ),
        (levels("*NETSCK"), [change("QAUDLVL", "*NETSCK", "*NETSCK *AUDLVL2")], None),
        (
            levels("*AUDLVL2 *NETSCK *NETSECURE"),
            [change("QAUDLVL", "*AUDLVL2 *NETSCK", "*NETSCK")],
            levels("*NETSCK"),
        ),
        (
            levels("*NETSCK *NETSECURE"),
            [change("QAUDLVL", "*NETSCK *NETSECURE", "*NETSCK"), change("QAUDLVL", "*NETSCK", "*NETSCK *NETUDP")],
            levels("*NETSCK *NETUDP"),
        ),
    ],
    ids=[
        "nothing changed",
        "nothing known",
        "the whole list is known from its change",
        "everything taken away",
        "auditing switched off",
        "auditing switched on: the lists are not known",
        "another control",
        "second list not in use",
        "second list",
        "second list, nothing known before",
        "first list beside the second",
        "second list taken into use: it is not known",
        "second list given up",
        "one change after the other",
    ],
)
def test_changes_fold_into_the_levels_in_force(before: Levels, changes: list[Audit], after: Levels) -> None:
    assert levels_after(before, changes) == after
