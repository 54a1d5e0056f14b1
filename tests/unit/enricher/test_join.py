"""An accept and its handshake find each other, whichever comes first, and what comes too late corrects."""

import pytest

from enricher.judge import Judge
from runtime.record import Offset
from schemas.records import DetailType, changed
from tests.unit.enricher.samples import LEVELS
from tests.unit.enricher.scripts import (
    CATALOGUE,
    POLICY,
    WINDOW,
    Scripted,
    a,
    audit,
    entry,
    gap,
    progress,
    s,
    said,
    store,
    words,
    x,
)

START, LONG_AFTER = progress(-10), progress(100)
WITHOUT_SECURE = ("*NETSCK", "*NETTELSVR")
ONLY_SECURE = ("*NETSECURE",)
FTP, TLS, UNLISTED, CLEAR, HELPER, SSH = 21, 9471, 5000, 23, 449, 22


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param((START, a(0, FTP), s(0.3, FTP)), ["2 secure tls [2 3]"], id="S after A: decided at once"),
        pytest.param((START, s(0, FTP), a(0.3, FTP)), ["3 secure tls [3 2]"], id="S before A"),
        pytest.param((START, a(0, FTP), s(0, FTP)), ["2 secure tls [2 3]"], id="at the same time"),
        pytest.param((START, a(0, FTP)), [], id="A alone waits"),
        pytest.param((START, a(0, FTP), progress(WINDOW - 0.001)), [], id="A alone waits for all of its window"),
        pytest.param(
            (START, a(0, FTP), progress(WINDOW)),
            ["2 insecure no-upgrade [2]", "alert 2 verdict no-upgrade"],
            id="S without A: the window is over",
        ),
        pytest.param((START, a(0, FTP), s(WINDOW, FTP)), ["2 secure tls [2 3]"], id="S on the window's edge"),
        pytest.param(
            (START, a(0, FTP), s(WINDOW + 0.001, FTP), LONG_AFTER),
            [
                "2 insecure no-upgrade [2]",
                "alert 2 verdict no-upgrade",
                "2 secure tls [2 3] corrects",
                "alert 2 correction tls",
            ],
            id="S right behind the window, before progress tells that it is over",
        ),
        pytest.param(
            (START, a(0, FTP), progress(WINDOW), s(3 * WINDOW - 0.001, FTP)),
            [
                "2 insecure no-upgrade [2]",
                "alert 2 verdict no-upgrade",
                "2 secure tls [2 4] corrects",
                "alert 2 correction tls",
            ],
            id="late S",
        ),
        pytest.param(
            (START, a(0, TLS), progress(WINDOW), s(20, TLS)),
            ["2 unknown tls-expected [2]", "2 secure tls [2 4] corrects"],
            id="late S where there was no alert",
        ),
        pytest.param(
            (START, a(0, TLS), progress(WINDOW), s(20, TLS, weak=True)),
            [
                "2 unknown tls-expected [2]",
                "2 insecure weak-protocol [2 4] corrects",
                "alert 2 verdict weak-protocol",
            ],
            id="late S that is weak: the correction is the first alert",
        ),
        pytest.param(
            (START, a(0, TLS), progress(WINDOW), s(20, TLS), s(21, TLS), s(22, TLS, weak=True)),
            [
                "2 unknown tls-expected [2]",
                "2 secure tls [2 4] corrects",
                "5 event handshake",
                "2 insecure weak-protocol [2 4 6] corrects",
                "alert 2 verdict weak-protocol",
            ],
            id="late S after late S",
        ),
        pytest.param(
            (START, a(0, TLS), progress(WINDOW), s(3 * WINDOW, TLS), LONG_AFTER),
            ["2 unknown tls-expected [2]", "4 event handshake"],
            id="S after two more windows is an event",
        ),
        pytest.param(
            (START, a(0, TLS), progress(WINDOW), x(20, TLS)),
            ["2 unknown tls-expected [2]", "4 event handshake-failed"],
            id="late X corrects nothing",
        ),
        pytest.param(
            (START, a(0, CLEAR), s(0.3, CLEAR)),
            [
                "2 insecure cleartext-port [2]",
                "alert 2 verdict cleartext-port",
                "2 secure tls (catalogue-wrong) [2 3] corrects",
                "alert 2 correction tls",
            ],
            id="a clear-text port is decided at once and corrected",
        ),
        pytest.param(
            (START, s(0, CLEAR), a(0.3, CLEAR)),
            ["3 secure tls (catalogue-wrong) [3 2]"],
            id="a clear-text port whose S came first",
        ),
        pytest.param((START, a(0, SSH), s(1, SSH)), ["2 secure encrypted-protocol [2]", "2 secure tls [2 3] corrects"]),
        pytest.param(
            (START, a(0, HELPER), x(1, HELPER)), ["2 event helper-port", "3 event handshake-failed"], id="helper, X"
        ),
        pytest.param((START, x(0, HELPER), a(0, HELPER)), ["3 event helper-port", "2 event handshake-failed"]),
        pytest.param(
            (START, a(0, CLEAR, "127.0.0.1"), s(0, CLEAR, "127.0.0.1")), ["2 secure local [2]", "3 event handshake"]
        ),
        pytest.param(
            (START, entry("C", 0, 636), entry("S", 0.1, 636), LONG_AFTER),
            ["3 event handshake", "2 unknown tls-expected [2]"],
            id="ends are not exchanged",
        ),
        pytest.param(
            (START, entry("C", 0, 636), s(0.1, 50123, remote_port=636)), ["2 secure tls [2 3]"], id="outbound"
        ),
    ],
)
def test_an_opening_and_its_handshake_find_each_other(records: tuple[Scripted, ...], expected: list[str]) -> None:
    assert said(*records) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            (START, a(0, TLS), x(0.1, TLS), LONG_AFTER), ["2 failed handshake-failed [2 3]"], id="X on a TLS port"
        ),
        pytest.param((START, x(0, TLS), a(0.1, TLS), LONG_AFTER), ["3 failed handshake-failed [3 2]"], id="X before A"),
        pytest.param((START, a(0, UNLISTED), x(0.1, UNLISTED), LONG_AFTER), ["2 failed handshake-failed [2 3]"]),
        pytest.param(
            (START, a(0, FTP), x(0.1, FTP), LONG_AFTER),
            ["2 insecure no-upgrade (after-failed-handshake) [2 3]", "alert 2 verdict no-upgrade"],
            id="X on a port that can go on in clear text",
        ),
        pytest.param(
            (START, a(0, TLS), x(0.1, TLS), s(0.2, TLS)), ["2 secure tls [2 3 4]"], id="X then S on one connection"
        ),
        pytest.param(
            (START, a(0, TLS), x(0.1, TLS), a(1, TLS, remote_port=50124), s(1.1, TLS, remote_port=50124), LONG_AFTER),
            ["4 secure tls [4 5]", "2 failed handshake-failed [2 3]"],
            id="retry on a new port",
        ),
        pytest.param(
            (START, a(0, TLS), x(0.1, TLS), a(1, TLS), s(1.1, TLS), LONG_AFTER),
            ["4 secure tls [4 5]", "2 failed handshake-failed [2 3]"],
            id="retry on the same port",
        ),
        pytest.param(
            (START, a(0, FTP), x(0.1, FTP), s(0.998, FTP), a(1, FTP), LONG_AFTER),
            ["2 secure tls [2 3 4]", "5 secure tls [5 4]"],
            id="retry on the same port, S before its A",
        ),
        pytest.param(
            (START, a(0, FTP), x(0.1, FTP), s(3, FTP), a(4, FTP), LONG_AFTER),
            ["2 secure tls [2 3 4]", "5 secure tls [5 4]"],
            id="the same, X long before",
        ),
        pytest.param((START, x(0, TLS), LONG_AFTER), ["2 event handshake-failed"], id="X alone"),
    ],
)
def test_a_failed_handshake_is_told_from_the_try_after_it(records: tuple[Scripted, ...], expected: list[str]) -> None:
    assert said(*records) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            (START, a(0, FTP), s(0.1, FTP), a(0.8, FTP), LONG_AFTER),
            ["2 secure tls [2 3]", "4 insecure no-upgrade [4]", "alert 4 verdict no-upgrade"],
            id="TLS, then clear text",
        ),
        pytest.param(
            (START, a(0, FTP), a(0.8, FTP), s(0.9, FTP), LONG_AFTER),
            ["3 secure tls [3 4]", "2 insecure no-upgrade [2]", "alert 2 verdict no-upgrade"],
            id="clear text, then TLS",
        ),
        pytest.param(
            (START, a(0, FTP), s(0.1, FTP), a(0.2, FTP), s(0.3, FTP)),
            ["2 secure tls [2 3]", "4 secure tls [4 5]"],
            id="TLS twice",
        ),
        pytest.param(
            (START, a(0, CLEAR), a(0, CLEAR), s(20, CLEAR)),
            [
                "2 insecure cleartext-port [2]",
                "alert 2 verdict cleartext-port",
                "3 insecure cleartext-port [3]",
                "alert 3 verdict cleartext-port",
                "3 secure tls (catalogue-wrong) [3 4] corrects",
                "alert 3 correction tls",
            ],
            id="a late S is of the newest",
        ),
    ],
)
def test_a_port_that_is_used_again_within_the_window_is_another_connection(
    records: tuple[Scripted, ...], expected: list[str]
) -> None:
    assert said(*records) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            (START, a(0, FTP), gap(1), LONG_AFTER),
            ["2 unknown gap [2]", "alert - gap journal-gap"],
            id="a gap in the window",
        ),
        pytest.param(
            (START, a(0, FTP), gap(1), s(2, FTP)),
            ["2 unknown gap [2]", "alert - gap journal-gap", "2 secure tls [2 4] corrects"],
            id="S behind the gap",
        ),
        pytest.param(
            (START, a(0, TLS), x(0.1, TLS), gap(1)),
            ["2 failed handshake-failed [2 3]", "alert - gap journal-gap"],
            id="X before the gap",
        ),
        pytest.param(
            (START, s(0, TLS), gap(1)), ["2 secure tls [2]", "alert - gap journal-gap"], id="the gap has taken the A"
        ),
        pytest.param(
            (START, gap(0, 0.5), a(2, FTP), LONG_AFTER),
            ["alert - gap journal-gap", "3 unknown gap [3]"],
            id="A right behind a gap, which may have taken an S before it",
        ),
        pytest.param(
            (START, gap(0), a(5, FTP), LONG_AFTER),
            ["alert - gap journal-gap", "3 unknown gap [3]"],
            id="A behind a gap that does not say until when",
        ),
        pytest.param(
            (START, s(0, FTP), gap(0.1, 0.2), a(0.5, FTP), LONG_AFTER),
            ["2 secure tls [2]", "alert - gap journal-gap", "4 unknown gap [4]"],
            id="a gap between S and A",
        ),
        pytest.param(
            (START, gap(0, 0.5), a(1, FTP), s(2, FTP)),
            ["alert - gap journal-gap", "3 secure tls [3 4]"],
            id="A and S behind a gap",
        ),
        pytest.param(
            (START, gap(0, 0.5), progress(0.5), a(2.5, FTP), LONG_AFTER),
            ["alert - gap journal-gap", "4 insecure no-upgrade [4]", "alert 4 verdict no-upgrade"],
            id="A behind a gap that reaches no more into its window",
        ),
        pytest.param(
            (START, gap(0, 0.5), a(2.5, FTP), audit(25, LEVELS), LONG_AFTER),
            ["alert - gap journal-gap", "3 unknown tls-not-audited [3]"],
            id="a gap may have taken a change of the audit levels",
        ),
        pytest.param(
            (START, gap(0, 0.5), s(3 * WINDOW + 0.4, TLS, weak=True), LONG_AFTER),
            ["alert - gap journal-gap", "3 insecure weak-protocol [3]", "alert 3 verdict weak-protocol"],
            id="S whose A the gap may have taken",
        ),
        pytest.param(
            (START, gap(0, 0.5), progress(5), s(3 * WINDOW + 0.5, TLS, weak=True), LONG_AFTER),
            ["alert - gap journal-gap", "4 event handshake"],
            id="S too late for an A in the gap",
        ),
        pytest.param(
            (START, a(0, FTP), progress(5, final=True)), ["2 unknown source-ended [2]"], id="retired in the window"
        ),
        pytest.param(
            (START, a(0, FTP), progress(WINDOW, final=True)),
            ["2 insecure no-upgrade [2]", "alert 2 verdict no-upgrade"],
            id="retired after the window",
        ),
        pytest.param(
            (START, a(0, FTP), audit(1, WITHOUT_SECURE), LONG_AFTER),
            ["alert - auditing auditing", "2 unknown tls-not-audited [2]"],
            id="auditing ends in the window",
        ),
        pytest.param(
            (START, a(0, FTP), audit(1, WITHOUT_SECURE), audit(2, LEVELS), LONG_AFTER),
            ["alert - auditing auditing", "2 unknown tls-not-audited [2]"],
            id="auditing off and on in the window",
        ),
        pytest.param(
            (START, a(0, FTP), audit(WINDOW + 0.001, WITHOUT_SECURE), LONG_AFTER),
            ["alert - auditing auditing", "2 insecure no-upgrade [2]", "alert 2 verdict no-upgrade"],
            id="auditing ends behind the window",
        ),
        pytest.param(
            (progress(-10, WITHOUT_SECURE), a(0, FTP), audit(1, LEVELS), LONG_AFTER),
            ["alert - auditing auditing", "2 unknown tls-not-audited [2]"],
            id="not audited: decided at once",
        ),
        pytest.param(
            (progress(-10, WITHOUT_SECURE), a(0, FTP), audit(1, LEVELS), s(2, FTP)),
            ["alert - auditing auditing", "2 unknown tls-not-audited [2]", "2 secure tls [2 4] corrects"],
            id="not audited, switched on, S",
        ),
        pytest.param(
            (progress(-10, WITHOUT_SECURE), audit(-1, LEVELS), a(0, FTP), LONG_AFTER),
            ["alert - auditing auditing", "3 unknown tls-not-audited [3]"],
            id="switched on when an early S could have come",
        ),
        pytest.param(
            (progress(-10, WITHOUT_SECURE), audit(-2, LEVELS), a(0, FTP), LONG_AFTER),
            ["alert - auditing auditing", "3 insecure no-upgrade [3]", "alert 3 verdict no-upgrade"],
            id="switched on before",
        ),
        pytest.param(
            (a(0, FTP), progress(1), LONG_AFTER), ["1 unknown tls-not-audited [1]"], id="levels not known at first"
        ),
        pytest.param(
            (progress(-10, None), a(0, FTP), progress(100, None)),
            ["2 unknown tls-not-audited [2]"],
            id="levels not known",
        ),
        pytest.param(
            (START, a(0, FTP), progress(5, WITHOUT_SECURE), LONG_AFTER),
            ["alert - auditing auditing", "2 unknown tls-not-audited [2]"],
            id="levels found changed: nobody knows since when",
        ),
    ],
)
def test_what_the_window_could_not_show_is_not_called_insecure(
    records: tuple[Scripted, ...], expected: list[str]
) -> None:
    assert said(*records) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param((progress(-10, ONLY_SECURE), s(0, TLS), LONG_AFTER), ["2 secure tls [2]"], id="S"),
        pytest.param(
            (progress(-10, ONLY_SECURE), s(0, TLS, weak=True), LONG_AFTER),
            ["2 insecure weak-protocol [2]", "alert 2 verdict weak-protocol"],
            id="weak S",
        ),
        pytest.param((progress(-10, ONLY_SECURE), s(0, TLS), progress(1.9)), [], id="an A could still come"),
        pytest.param((START, s(0, TLS), LONG_AFTER), ["2 event handshake"], id="its A would be there"),
        pytest.param(
            (progress(-10, ("*NETSCK", "*NETSECURE")), s(0, 992), s(0, TLS), LONG_AFTER),
            ["2 secure tls [2]", "3 event handshake"],
            id="only Telnet's A is not audited",
        ),
        pytest.param((progress(-10, None), s(0, TLS), progress(100, None)), ["2 secure tls [2]"], id="not known"),
        pytest.param((START, s(0, 500), s(0, 4500), s(0, 0)), [f"{n} secure tls [{n}]" for n in (2, 3, 4)], id="VPN"),
        pytest.param(
            (START, s(0, 500), a(0, 500), LONG_AFTER),
            ["2 secure tls [2]", "3 unknown no-tls-evidence [3]"],
            id="VPN is never joined",
        ),
    ],
)
def test_a_handshake_without_its_opening_is_judged_where_openings_are_not_audited(
    records: tuple[Scripted, ...], expected: list[str]
) -> None:
    assert [line for line in said(*records) if "auditing" not in line] == expected


def test_entries_of_two_systems_are_never_joined() -> None:
    other = changed(s(0.1, TLS), system="PROD2")

    assert said(START, a(0, TLS), other, LONG_AFTER) == ["2 unknown tls-expected [2]"]


def test_entries_of_two_systems_with_the_same_ends_do_not_disturb_each_other() -> None:
    mine = a(0, FTP), s(0.3, FTP)
    theirs = changed(mine[0], system="PROD2"), changed(mine[1], system="PROD2")

    assert said(mine[0], theirs[0], mine[1], theirs[1]) == ["1 secure tls [1 3]", "2 secure tls [2 4]"]


def test_an_entry_that_was_read_twice_is_judged_once() -> None:
    records = store(START, a(0, FTP), s(0.1, FTP))
    again = [record._replace(offset=Offset(record.offset + 10)) for record in records[1:]]

    outputs = Judge(CATALOGUE, POLICY).process([*records, *again]).outputs

    assert words(outputs) == ["2 secure tls [2 3]"]


def test_what_was_heard_too_late_is_moved_with_the_clock() -> None:
    """S at 16 is of the connection at 0 alone, however often the clock is set back meanwhile."""
    others = a(-100, SSH, "10.7.7.7"), a(-98, SSH, "10.7.7.8"), progress(-1)

    found = said(progress(-1), a(0, FTP), x(1, FTP), s(16, FTP), *others, a(-95, FTP), a(-70, SSH), progress(-1))

    assert found[-2:] == ["8 insecure no-upgrade [8]", "alert 8 verdict no-upgrade"]


@pytest.mark.parametrize("kind", "IO")
def test_udp_is_judged_at_once_by_whichever_port_is_listed(kind: str) -> None:
    known = changed(entry(kind, 0, 161), detail_type=DetailType(kind))
    mirrored = changed(known, local_port=50123, remote_port=161)

    assert said(START, known, mirrored) == [
        "2 insecure cleartext-port [2]",
        "alert 2 verdict cleartext-port",
        "3 insecure cleartext-port [3]",
        "alert 3 verdict cleartext-port",
    ]
