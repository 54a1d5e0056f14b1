"""Connections are counted once, as what was concluded last, in whatever order the records come."""

from datetime import timedelta
from itertools import permutations

import pytest

from cli.report.asked import Selection
from cli.report.tally import Group, Tally
from enricher.ended import Span
from schemas.records import Endpoint, Verdict, VerdictKind, changed
from tests.unit.cli.report.reported import MONDAY, correction, outbound, verdict

FIRST = verdict(1, MONDAY)
SECOND = timedelta(seconds=1)


def tally_of(*verdicts: Verdict, selection: Selection | None = None) -> Tally:
    tally = Tally(selection)
    for one in verdicts:
        tally.add(one)
    return tally


def counted(groups: list[Group]) -> dict[tuple[str, int], int]:
    return {(group.conclusion.verdict.value, len(group.times)): group.count for group in groups}


ORDERS = list(permutations((FIRST, correction(FIRST), correction(FIRST, 2, reason="local"))))


@pytest.mark.parametrize("order", ORDERS)
def test_the_last_correction_counts_in_any_order(order: tuple[Verdict, ...]) -> None:
    tally = tally_of(*order)

    (group,) = tally.groups
    assert (group.conclusion.reason, group.count) == ("local", 1)
    assert (tally.sums.verdicts, tally.sums.corrected, tally.sums.repeated) == (3, 2, 0)


def test_a_correction_leaves_the_others_of_its_group_alone() -> None:
    others = [verdict(number, MONDAY + number * SECOND) for number in (2, 3)]

    tally = tally_of(FIRST, *others, correction(FIRST))

    assert counted(tally.groups) == {("insecure", 2): 2, ("secure", 1): 1}
    assert min(next(g for g in tally.groups if g.count == 2).times) == int((MONDAY + 2 * SECOND).timestamp())


def test_what_was_delivered_twice_counts_once() -> None:
    tally = tally_of(FIRST, FIRST, correction(FIRST), correction(FIRST), FIRST)

    assert counted(tally.groups) == {("secure", 1): 1}
    assert tally.sums.verdicts == tally.sums.repeated + tally.sums.corrected + 1


def test_everything_that_is_read_is_accounted_for() -> None:
    span = Span(MONDAY, MONDAY + 10 * SECOND)
    read = [
        verdict(1, MONDAY - SECOND),
        verdict(2, MONDAY),
        verdict(3, MONDAY + 9 * SECOND),
        verdict(4, MONDAY + 10 * SECOND),
        verdict(5, MONDAY, port=992, service="telnet-ssl"),
        verdict(2, MONDAY),
    ]

    tally = tally_of(*read, selection=Selection(span, frozenset({"telnet"})))

    sums = tally.sums
    assert (sums.verdicts, sums.out_of_range, sums.not_selected, sums.repeated, sums.corrected) == (6, 2, 1, 1, 0)
    assert sum(group.count for group in tally.groups) == 2


@pytest.mark.parametrize("asked", ["telnet", "23"])
def test_a_service_is_asked_for_by_name_or_port(asked: str) -> None:
    other = verdict(2, MONDAY, port=992, service="telnet-ssl")

    tally = tally_of(FIRST, other, selection=Selection(services=frozenset({asked})))

    assert [group.who.service for group in tally.groups] == ["telnet"]


def test_another_system_is_left_out() -> None:
    other = changed(verdict(2, MONDAY), system="TEST1")

    tally = tally_of(FIRST, other, selection=Selection(systems=frozenset({"PROD1"})))

    assert [group.who.system for group in tally.groups] == ["PROD1"]


def test_times_are_also_known_by_the_systems_own_clock() -> None:
    tally = tally_of(FIRST)

    (group,) = tally.groups
    assert tally.local_times(group) == [int(MONDAY.timestamp()) + 3600]


def test_the_clock_of_a_system_can_change() -> None:
    summer = verdict(2, MONDAY + timedelta(days=200))
    later = changed(summer, journal_time=f"{summer.time + timedelta(hours=2):%Y-%m-%d-%H.%M.%S.%f}")

    (group,) = (tally := tally_of(FIRST, later)).groups

    assert [local - time for local, time in zip(tally.local_times(group), group.times, strict=True)] == [3600, 7200]


def test_a_journal_time_that_cannot_be_read_is_taken_for_utc() -> None:
    (group,) = (tally := tally_of(changed(FIRST, journal_time="once"))).groups

    assert tally.local_times(group) == list(group.times)


def test_ftp_data_is_one_group_whatever_its_ports() -> None:
    passive = [verdict(n, MONDAY, port=50_000 + n, service="ftp-data-passive") for n in (1, 2)]
    active = [
        changed(outbound(n, MONDAY, "10.2.2.2", 40_000 + n, "ftp-data"), source=Endpoint("10.1.1.5", 20))
        for n in (3, 4)
    ]

    assert [(group.who.port, group.count) for group in tally_of(*passive, *active).groups] == [(None, 2), (None, 2)]


def test_the_newest_name_of_an_address_is_kept_with_its_status() -> None:
    named = changed(FIRST, source=Endpoint("10.9.8.7", 50_000, "pc17.example.com", "confirmed"))

    assert tally_of(named, verdict(2, MONDAY)).names == {"10.9.8.7": ("pc17.example.com", "confirmed")}


def test_the_remote_end_of_what_the_system_opens_is_the_destination() -> None:
    (group,) = tally_of(outbound(1, MONDAY, "10.2.2.2", 446, "ddm")).groups

    assert (group.who.address, group.who.port, group.conclusion.verdict) == ("10.2.2.2", 446, VerdictKind.INSECURE)
