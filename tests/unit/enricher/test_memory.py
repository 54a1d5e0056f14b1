"""Open windows survive restarts and a change of the policy, cost a bounded memory, and are counted."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from enricher.judge import Judge
from enricher.policy import Mode, Policy
from enricher.policy_file import load_policy
from enricher.systems import REACH
from runtime.errors import Halt
from runtime.metrics import Metrics
from runtime.record import Offset, Partition, StoredRecord
from schemas.records import changed
from schemas.topics import ENTRIES
from tests.unit.enricher.scripts import CATALOGUE, HOME, POLICY, Scripted, a, gap, progress, s, store, words, x

PLACE = Partition(ENTRIES, HOME)
FTP, TLS, CLEAR, HELPER = 21, 992, 23, 449
SHORTER = replace(POLICY, window_seconds=5, hash="another-hash")
LONGER = replace(POLICY, window_seconds=60, hash="another-hash")
OTHER_PORTS = replace(load_policy(Path("ports"), CATALOGUE), hash="another-hash")
SEEN = store(
    progress(-20),
    a(-15, FTP, remote_port=50001),
    a(-15, CLEAR, remote_port=50002),
    progress(0),
    progress(5),
    a(8, FTP, remote_port=50003),
    a(8, HELPER, remote_port=50004),
    a(9, CLEAR, remote_port=50005),
    a(10, TLS, remote_port=50006),
    s(10.1, TLS, remote_port=50007),
    progress(11),
    a(12, TLS, remote_port=50008),
)
OPEN = {"6", "9", "10", "12"}
"""The numbers of what is open behind SEEN; 2, the helper and the clear-text ports were decided."""
AFTER = store(s(12.5, TLS, remote_port=50008), progress(100), first=20)


def restarted(policy: Policy, *, under: Policy = POLICY) -> tuple[Judge, list[str]]:
    """A judge of `policy` with the memory of one of `under`, and what that one had said."""
    before, after = Judge(CATALOGUE, under), Judge(CATALOGUE, policy)
    said = words(before.process(SEEN).outputs)
    low, undecided = before.needed_from(PLACE), before.undecided_from(PLACE)
    records = [record for record in SEEN if low is not None and record.offset >= low]
    after.rebuild(PLACE, records, undecided if policy.hash != under.hash else None)
    return after, said


def decided(lines: list[str]) -> Counter[str]:
    """How often each connection got its first verdict, or its event."""
    return Counter(line.split()[0] for line in lines if not line.startswith("alert") and "corrects" not in line)


def test_the_same_policy_goes_on_as_if_nothing_had_happened() -> None:
    after, said = restarted(POLICY)

    later = words(after.process(AFTER).outputs)

    assert OPEN.isdisjoint(decided(said))
    assert decided([*said, *later]) == Counter(str(number) for number in (2, 3, 6, 7, 8, 9, 10, 12))


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(SHORTER, id="shorter window"),
        pytest.param(LONGER, id="longer window"),
        pytest.param(OTHER_PORTS, id="mode ports"),
    ],
)
def test_under_another_policy_what_was_open_is_judged_again_and_nothing_is_lost(policy: Policy) -> None:
    after, said = restarted(policy)

    later = words(after.process(AFTER).outputs)

    assert decided(later).keys() >= OPEN
    assert decided([*said, *later]).keys() >= {"2", "3", "6", "7", "8", "9", "10", "12"}
    assert max(decided(later).values()) == 1


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(
            (a(0, FTP), s(1, FTP), progress(16), progress(37), s(39.9, FTP), a(40, FTP), progress(46)),
            id="a handshake that changed nothing, right before the port is used again",
        ),
        pytest.param(
            (a(0, FTP), progress(16), s(44.5, FTP), progress(45.2)),
            id="a handshake right before its connection is forgotten",
        ),
        pytest.param(
            (a(0, TLS), s(0.1, TLS), progress(16), x(44.5, TLS), progress(45.2)),
            id="a failed handshake that changed nothing, right before its connection is forgotten",
        ),
    ],
)
def test_a_handshake_belongs_to_the_same_connection_behind_a_restart(records: tuple[Scripted, ...]) -> None:
    records = (progress(-10), *(progress(second) for second in range(-5, 0)), *records)
    undisturbed, before, after = (Judge(CATALOGUE, POLICY) for _ in range(3))
    seen, rest = store(*records), store(progress(90), first=len(records) + 1)

    said = words(before.process(seen).outputs)
    after.rebuild(PLACE, [one for one in seen if one.offset >= (before.needed_from(PLACE) or 0)])
    said += words(after.process(rest).outputs)

    assert said == words(undisturbed.process([*seen, *rest]).outputs)


def test_what_was_decided_long_before_is_not_judged_again() -> None:
    after, _ = restarted(SHORTER)

    assert decided(words(after.process(AFTER).outputs)).keys().isdisjoint({"2", "3"})


def test_what_is_owed_is_published_once() -> None:
    after, _ = restarted(OTHER_PORTS)

    first, second = (words(after.process(store(progress(at), first=at)).outputs) for at in (20, 21))

    assert decided(first).keys() >= OPEN
    assert second == []


def test_what_is_owed_waits_for_a_record_of_its_own_partition() -> None:
    after, _ = restarted(OTHER_PORTS)
    elsewhere = [record._replace(partition=Partition(ENTRIES, HOME + 1)) for record in store(progress(20), first=20)]

    assert after.process(elsewhere).outputs == []
    assert after.process(store(progress(20), first=20)).outputs != []


def test_a_checkpoint_without_records_takes_along_what_is_owed() -> None:
    after, _ = restarted(OTHER_PORTS)

    assert decided(words(after.process([]).outputs)).keys() >= OPEN
    assert after.process(store(progress(20), first=20)).outputs == []


def test_what_is_owed_is_forgotten_with_its_partition() -> None:
    after, _ = restarted(OTHER_PORTS)

    after.forget(PLACE)

    assert words(after.process(store(progress(20), first=20)).outputs) == []


def test_from_ports_to_evidence_nothing_is_owed() -> None:
    after, _ = restarted(POLICY, under=OTHER_PORTS)

    assert words(after.process(store(progress(20), first=20)).outputs) == []


def steady(seconds: int) -> list[StoredRecord]:
    """Connections of every kind, ten a second, and progress every second."""
    records: list[Scripted] = []
    for second in range(seconds):
        ports = (FTP, TLS, CLEAR, HELPER, 22) * 2
        records += [a(second + n / 10, port, remote_port=50_000 + n) for n, port in enumerate(ports)]
        records += [s(second + 0.35, TLS, remote_port=50_001), progress(second + 0.99)]
    return store(*records)


def test_a_rebuild_reads_little_more_than_three_windows() -> None:
    judge, records = Judge(CATALOGUE, POLICY), steady(300)

    judge.process(records)

    low = judge.needed_from(PLACE) or Offset(0)
    span = timedelta(seconds=3 * POLICY.window_seconds + 5)
    assert records[-1].offset - low < span.total_seconds() * 12
    assert (judge.undecided_from(PLACE) or 0) > low


def test_when_nothing_is_open_nothing_is_undecided() -> None:
    judge = Judge(CATALOGUE, POLICY)

    judge.process(store(progress(-10), a(0, CLEAR), a(1, FTP), s(1.1, FTP), a(2, FTP), progress(60)))

    assert judge.undecided_from(PLACE) is None


def test_past_its_limit_the_memory_halts_and_says_which_setting_helps() -> None:
    judge = Judge(CATALOGUE, POLICY, memory_limit=100)

    many = store(*(a(0, FTP, remote_port=1000 + number) for number in range(101)))

    judge.process(many[:100])

    with pytest.raises(Halt, match=r"^101 connections are remembered, .* SK2SIEM_ENRICHER__MEMORY_LIMIT allows 100:"):
        judge.process(many[100:])


def test_the_memory_is_given_back_when_windows_have_passed() -> None:
    judge = Judge(CATALOGUE, POLICY, memory_limit=1000)

    for record in steady(300):
        judge.process([record])

    assert judge.needed_from(PLACE) is not None


@pytest.mark.parametrize(("mode", "open_windows"), [(Mode.EVIDENCE, 4), (Mode.PORTS, 0)])
def test_open_windows_are_counted(mode: Mode, open_windows: int) -> None:
    metrics = Metrics("enricher")
    policy = POLICY if mode is Mode.EVIDENCE else OTHER_PORTS

    Judge(CATALOGUE, policy, metrics=metrics).process(SEEN)

    assert metrics.value("open_windows") == open_windows


def test_corrections_are_counted() -> None:
    metrics = Metrics("enricher")

    Judge(CATALOGUE, POLICY, metrics=metrics).process(store(progress(-1), a(0, CLEAR), s(1, CLEAR)))

    assert metrics.value("corrections_total") == 1
    assert metrics.value("verdicts_total", verdict="secure", reason="tls") == 1


def test_a_system_that_fell_silent_is_given_up_so_that_others_can_restart_quickly() -> None:
    judge = Judge(CATALOGUE, POLICY)
    other = changed(progress(0), system="PROD2")
    judge.process(store(progress(-10), a(0, FTP)))

    outputs = judge.process(store(other, first=REACH + 3)).outputs

    assert words(outputs) == ["2 unknown source-ended [2]"]
    assert judge.needed_from(PLACE) == REACH + 3


def test_a_gap_decides_what_is_open_and_forgets_nothing() -> None:
    judge = Judge(CATALOGUE, POLICY)
    judge.process(store(progress(-10), a(0, FTP), gap(1)))

    assert judge.undecided_from(PLACE) is None
    assert judge.needed_from(PLACE) == 1


def test_the_memory_of_a_partition_goes_with_it() -> None:
    judge = Judge(CATALOGUE, POLICY)
    judge.process(SEEN)

    judge.forget(PLACE)

    assert (judge.needed_from(PLACE), judge.undecided_from(PLACE)) == (None, None)
