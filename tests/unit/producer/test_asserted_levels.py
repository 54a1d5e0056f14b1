"""What a setting asserts of the audit levels counts where nobody knows them, and is marked wherever it counts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.publication import position_of, progress_of
from producer.reader import JournalRow, Page, Place
from producer.settings import ProducerSettings
from producer.simulator.encoder import encode_system_value
from producer.stage import Decode
from runtime.flow import Tally
from runtime.metrics import Metrics
from schemas.codec import decode_as
from schemas.records import Audit, Position, changed

NOW = datetime(2026, 11, 22, 2, 15, tzinfo=UTC)
ASSERTED = frozenset({"*NETSCK", "*NETSECURE"})
PLACE = Place("AUDLIB", "AUDRCV0001", 5)


def journal(assertion: frozenset[str] | None = ASSERTED) -> Journal:
    return Journal("PROD1", "QSYS/QAUDJRN", "display-journal", JournalClock(), 1, assertion=assertion)


def stored(known: Journal) -> Position:
    return position_of(known, PLACE, NOW, Tally(), "w1")


def change(known: Journal, name: str, old: str, new: str) -> Audit:
    """The record that an SV entry becomes."""
    data = encode_system_value(name, tuple(new.split()), tuple(old.split()))
    row = JournalRow(PLACE, datetime(2026, 11, 22, 3, 15), "SV", data)
    (output,) = Decode(known, Metrics("producer")).process([row]).outputs
    return decode_as(Audit, output.value)


def test_progress_says_what_is_asserted_and_that_it_is() -> None:
    progress = progress_of(journal(), Page([], PLACE, True, NOW), NOW)

    assert progress.audit_levels == ("*NETSCK", "*NETSECURE")
    assert progress.audit_levels_asserted


def test_without_an_assertion_nothing_is_guessed() -> None:
    progress = progress_of(journal(None), Page([], PLACE, True, NOW), NOW)

    assert (progress.audit_levels, progress.audit_levels_asserted) == (None, False)


def test_what_the_system_says_goes_before_what_is_asserted() -> None:
    page = Page([], PLACE, True, NOW, audit_levels=frozenset({"*NETSCK"}))

    progress = progress_of(journal(), page, NOW)

    assert (progress.audit_levels, progress.audit_levels_asserted) == (("*NETSCK",), False)


@pytest.mark.parametrize(
    ("name", "old", "new", "levels", "asserted"),
    [
        pytest.param("QAUDLVL", "*NETSECURE", "*NETUDP", ("*NETUDP",), False, id="a change that says all"),
        pytest.param("QAUDLVL2", "*NETSECURE", "*NONE", ("*NETSCK",), True, id="taken out of the second list"),
        pytest.param(
            "QAUDLVL2", "*NONE", "*NETUDP", ("*NETSCK", "*NETSECURE", "*NETUDP"), True, id="added to the second list"
        ),
        pytest.param("QAUDCTL", "*AUDLVL", "*NONE", (), False, id="switched off"),
        pytest.param("QAUDCTL", "*NONE", "*AUDLVL", ("*NETSCK", "*NETSECURE"), True, id="switched on"),
    ],
)
def test_a_change_in_the_journal_changes_what_is_asserted(
    name: str, old: str, new: str, levels: tuple[str, ...], asserted: bool
) -> None:
    found = change(journal(), name, old, new)

    assert (found.audit_levels, found.audit_levels_asserted) == (levels, asserted)


def test_levels_that_an_entry_changed_are_remembered_with_the_assertion_they_rest_on() -> None:
    before, after = journal(), journal()
    change(before, "QAUDLVL2", "*NETSECURE", "*NONE")

    after.recall(stored(before))

    assert (after.levels, after.is_asserted) == (frozenset({"*NETSCK"}), True)


def test_an_assertion_that_was_changed_or_taken_back_counts_as_it_is_now() -> None:
    position = stored(journal())
    changed, without = journal(frozenset({"*NETSCK"})), journal(None)

    changed.recall(position)
    without.recall(position)

    assert (changed.levels, changed.is_asserted) == (frozenset({"*NETSCK"}), True)
    assert (without.levels, without.is_asserted) == (None, False)


def test_levels_that_were_known_are_not_replaced_by_an_assertion() -> None:
    position = changed(stored(journal(None)), audit_levels=("*NETUDP",))
    known = journal()

    known.recall(position)

    assert (known.levels, known.is_asserted) == (frozenset({"*NETUDP"}), False)


@pytest.mark.parametrize(
    ("assertion", "known", "event"),
    [
        pytest.param(ASSERTED, None, "what is asserted is not audited", id="asserted"),
        pytest.param(None, ASSERTED, "the audit levels changed, and no entry says so", id="known"),
        pytest.param(frozenset({"*NETSCK"}), None, None, id="asserted less than there is"),
        pytest.param(None, None, None, id="nothing known before"),
    ],
)
def test_the_present_levels_check_what_was_thought_before(
    assertion: frozenset[str] | None,
    known: frozenset[str] | None,
    event: str | None,
) -> None:
    checked = replace(journal(assertion), levels=known)

    with capture_logs() as lines:
        checked.confirm(frozenset({"*NETSCK", "*SECURITY"}))

    assert (checked.levels, checked.is_asserted) == (frozenset({"*NETSCK", "*SECURITY"}), False)
    assert [line["event"] for line in lines] == ([event] if event else [])


@pytest.mark.parametrize("wrong", ["NETSCK", "*netsck", "everything"])
def test_an_assertion_that_names_no_levels_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="begins with a star"):
        ProducerSettings(audited=(wrong,))
