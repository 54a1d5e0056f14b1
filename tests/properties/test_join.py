"""Whatever the order of entries, batches, partitions and restarts: the join says what one says who sees it all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from enricher.catalogue import load_catalogue
from enricher.evidence_mode import EvidenceMode
from enricher.policy_file import load_policy
from runtime.record import Record
from schemas.codec import decode
from schemas.ids import first_id
from schemas.records import AnyRecord, DetailType, Entry, Event, EventId, Progress, Verdict
from tests.properties.journals import PAUSES, STEPS, SYSTEMS, Step, judge_all, judge_in_pieces, lay_out, steps, write
from tests.properties.naive_join import JournalRecord, NaiveJoin

CATALOGUE = load_catalogue()
POLICY = load_policy(Path("default"), CATALOGUE)
WINDOW = timedelta(seconds=POLICY.window_seconds)
OPENS = (DetailType.ACCEPT, DetailType.CONNECT)
HANDSHAKES = (DetailType.SECURE, DetailType.FAILED_SECURE)
HOUR_BACK = -3600.0

few_cuts = st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=8)
restarts = st.sampled_from([1, 3, 8]).map(lambda every: [(cut, True) for cut in range(every, 250, every)])
cuts = few_cuts | restarts


def read(published: Iterable[Record]) -> list[AnyRecord]:
    return [decode(record.type, record.value) for record in published]


def contents(published: Iterable[Record]) -> Counter[tuple[str, str, bytes]]:
    return Counter((record.topic, record.type, record.value) for record in published)


def verdicts_on_connections(published: Iterable[Record]) -> list[Verdict]:
    return [one for one in read(published) if isinstance(one, Verdict) and one.detail_type in OPENS]


def models(records: Sequence[JournalRecord]) -> list[NaiveJoin]:
    """A model of each system, a new one whenever it was retired."""
    journals: list[list[JournalRecord]] = []
    for system in dict.fromkeys(SYSTEMS):
        journals.append([])
        for record in (one for one in records if one.system == system):
            journals[-1].append(record)
            if isinstance(record, Progress) and record.final:
                journals.append([])
    find = EvidenceMode(CATALOGUE, POLICY).find
    return [NaiveJoin(journal, WINDOW, find) for journal in journals]


@given(steps())
@settings(max_examples=100)
def test_what_is_published_is_what_the_naive_model_says(chosen: list[Step]) -> None:
    records = write(chosen, 1)

    verdicts = verdicts_on_connections(judge_all(lay_out(records, 1), CATALOGUE, POLICY))

    said = [one for model in models(records) for one in model.said if one.finding.kind]
    expected = [
        (one.id, one.correction, one.finding.kind, one.finding.reason, one.finding.detail, one.evidence, one.levels)
        for one in said
    ]
    found = [
        (first_id(one.id), _number(one), one.verdict, one.reason, one.detail, one.evidence, one.audit_levels)
        for one in verdicts
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def _number(verdict: Verdict) -> int:
    return int(verdict.id.rpartition(".c")[2]) if verdict.supersedes else 0


@given(steps(), st.sampled_from([1, 2, 3, 6]), cuts)
@settings(max_examples=100)
def test_neither_batches_nor_restarts_nor_partitions_change_anything(
    chosen: list[Step], partitions: int, cuts: list[tuple[int, bool]]
) -> None:
    whole = judge_all(lay_out(write(chosen, 1), 1), CATALOGUE, POLICY)

    pieces = judge_in_pieces(lay_out(write(chosen, partitions), partitions), CATALOGUE, POLICY, cuts=cuts)

    assert contents(pieces) == contents(whole)


@given(steps([*STEPS, "A", "S"], [*PAUSES, HOUR_BACK]), st.sampled_from([1, 3]), cuts)
@settings(max_examples=60)
def test_a_clock_that_is_set_back_loses_and_doubles_nothing(
    chosen: list[Step], partitions: int, cuts: list[tuple[int, bool]]
) -> None:
    records = write(chosen, partitions)

    published = judge_in_pieces(lay_out(records, partitions), CATALOGUE, POLICY, cuts=cuts)

    assert_each_connection_has_one_first_verdict(records, published)


@given(steps(), st.sampled_from([1, 3]), cuts)
@settings(max_examples=60)
def test_every_entry_is_accounted_for(chosen: list[Step], partitions: int, cuts: list[tuple[int, bool]]) -> None:
    records = write(chosen, partitions)

    published = judge_in_pieces(lay_out(records, partitions), CATALOGUE, POLICY, cuts=cuts)

    assert_each_connection_has_one_first_verdict(records, published)
    found = read(published)
    events = Counter(one.id for one in found if isinstance(one, Event))
    evidence = {entry for one in found if isinstance(one, Verdict) for entry in one.evidence}
    for handshake in (one.id for one in records if isinstance(one, Entry) and one.detail_type in HANDSHAKES):
        assert events[handshake] + (handshake in evidence) == 1


def assert_each_connection_has_one_first_verdict(records: Sequence[JournalRecord], published: Sequence[Record]) -> None:
    """Or, on a helper port, one event; and a correction comes after what it corrects."""
    opened = [one.id for one in records if isinstance(one, Entry) and one.detail_type in OPENS]
    verdicts = [one for one in read(published) if isinstance(one, Verdict)]
    events = [one.id for one in read(published) if isinstance(one, Event) and one.entry.detail_type in OPENS]
    firsts = [one.id for one in verdicts if one.supersedes is None and one.detail_type in OPENS]
    assert Counter([*firsts, *events]) == Counter(opened)
    seen: set[EventId] = set(events)
    for one in verdicts:
        assert one.supersedes is None or one.supersedes in seen
        seen.add(one.id)
