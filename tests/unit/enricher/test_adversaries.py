"""Journals that were made to deceive the join: what was encrypted is never called insecure, nor clear text secure."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from runtime.record import Record
from schemas.codec import decode
from schemas.ids import first_id
from schemas.records import Entry, EventId, Verdict, VerdictKind, changed
from tests.properties.journals import judge_in_pieces, lay_out
from tests.unit.enricher.samples import LEVELS
from tests.unit.enricher.scripts import (
    CATALOGUE,
    POLICY,
    Scripted,
    a,
    audit,
    entry,
    gap,
    numbered,
    progress,
    s,
    x,
)

START, END = progress(-10), progress(8000)
FTP, TLS, CLEAR = 21, 992, 23
HOUR = 3600
OFF = ("*NETSCK", "*NETTELSVR")
ENCRYPTED, PLAIN, NO_DATA = "encrypted", "plain", "no data"


@dataclass(frozen=True, slots=True)
class Script:
    """`truth` and `verdicts` are of the connections by their number in the journal, after all corrections."""

    name: str
    records: Sequence[Scripted]
    truth: dict[int, str]
    verdicts: dict[int, str]


def of_other_system(record: Entry) -> Entry:
    return changed(record, system="PROD2")


SCRIPTS = [
    Script(
        "a port used three times within a second",
        [START, a(0, FTP), s(0.2, FTP), a(0.4, FTP), a(0.6, FTP), s(0.7, FTP), END],
        {2: ENCRYPTED, 4: PLAIN, 5: ENCRYPTED},
        {2: "secure tls", 4: "insecure no-upgrade", 5: "secure tls"},
    ),
    Script(
        "handshakes on the window's edge, and a microsecond behind it",
        [START, a(0, FTP), a(1, FTP, remote_port=50002), s(15, FTP), s(16.000001, FTP, remote_port=50002), END],
        {2: ENCRYPTED, 3: ENCRYPTED},
        {2: "secure tls", 3: "secure tls"},
    ),
    Script(
        "a handshake behind the window, when everybody has been told otherwise",
        [START, a(0, FTP), progress(15), progress(44), s(44.9, FTP), END],
        {2: ENCRYPTED},
        {2: "secure tls"},
    ),
    Script(
        "the clock is set back by an hour in the window",
        [START, a(0, FTP), s(0.3 - HOUR, FTP), a(1 - HOUR, FTP, remote_port=50002), progress(0), END],
        {2: ENCRYPTED, 4: PLAIN},
        {2: "secure tls", 4: "insecure no-upgrade"},
    ),
    Script(
        "the clock is set back, and connections go on while progress stands still",
        [
            START,
            progress(0),
            a(5 - HOUR, FTP),
            progress(0),
            s(5.4 - HOUR, FTP),
            a(30 - HOUR, FTP),
            progress(0),
            s(31 - HOUR, FTP),
            a(50 - HOUR, FTP),
            a(300 - HOUR, FTP, remote_port=50002),
            progress(0),
            END,
        ],
        {3: ENCRYPTED, 6: ENCRYPTED, 9: PLAIN, 10: PLAIN},
        {3: "secure tls", 6: "secure tls", 9: "insecure no-upgrade", 10: "insecure no-upgrade"},
    ),
    Script(
        "the clock is set ahead in the window by less than the memory",
        [START, a(0, FTP), progress(40), s(40.3, FTP), END],
        {2: ENCRYPTED},
        {2: "secure tls"},
    ),
    Script(
        "auditing is off for a moment, just when the handshake happens",
        [START, a(0, FTP), audit(0.1, OFF), audit(0.2, LEVELS), END],
        {2: ENCRYPTED},
        {2: "unknown tls-not-audited"},
    ),
    Script(
        "auditing is switched on right after the handshake and before the accept is written",
        [progress(-10, OFF), audit(-0.001, LEVELS), a(0, FTP), END],
        {3: ENCRYPTED},
        {3: "unknown tls-not-audited"},
    ),
    Script(
        "auditing is taken away without an entry about it",
        [START, a(0, FTP), progress(3, OFF), a(4, FTP, remote_port=50002), progress(5), END],
        {2: ENCRYPTED, 4: ENCRYPTED},
        {2: "unknown tls-not-audited", 4: "unknown tls-not-audited"},
    ),
    Script(
        "a gap has the handshake of one connection and the accept of the next",
        [START, a(0, FTP), gap(0.1), s(1, TLS, remote_port=50002), END],
        {2: ENCRYPTED},
        {2: "unknown gap"},
    ),
    Script(
        "the same port fails, fails, and succeeds before its accept is written",
        [START, a(0, FTP), x(0.1, FTP), a(0.5, FTP), x(0.6, FTP), s(0.999, FTP), a(1, FTP), END],
        {2: NO_DATA, 4: NO_DATA, 7: ENCRYPTED},
        {2: "insecure no-upgrade", 4: "secure tls", 7: "secure tls"},
    ),
    Script(
        "two systems with the same ends at the same moment, one of them encrypted",
        [START, of_other_system(a(0, FTP)), a(0, FTP), s(0, FTP), changed(START, system="PROD2"), END],
        {3: ENCRYPTED},
        {3: "secure tls"},
    ),
    Script(
        "everything at the same microsecond, handshakes first",
        [START, s(0, FTP), s(0, CLEAR), a(0, CLEAR), a(0, FTP), entry("C", 0, FTP), END],
        {4: ENCRYPTED, 5: ENCRYPTED, 6: PLAIN},
        {4: "secure tls", 5: "secure tls", 6: "insecure no-upgrade"},
    ),
    Script(
        "a system is retired in the window and comes back at once",
        [START, a(0, FTP), progress(0.1, final=True), progress(0.2), a(1, FTP), s(1.1, FTP), END],
        {2: ENCRYPTED, 5: ENCRYPTED},
        {2: "unknown source-ended", 5: "secure tls"},
    ),
]
ALL_AT_ONCE: list[tuple[int, bool]] = []
ONE_BY_ONE = [(cut, False) for cut in range(100)]
RESTARTED_EACH_TIME = [(cut, True) for cut in range(100)]


def last_words(outputs: Sequence[Record]) -> dict[int, Verdict]:
    found: dict[EventId, Verdict] = {}
    for verdict in (decode(output.type, output.value) for output in outputs):
        if isinstance(verdict, Verdict) and verdict.system == "PROD1":
            found[first_id(verdict.id)] = verdict
    return {int(name.rpartition("-")[2]): verdict for name, verdict in found.items()}


@pytest.mark.parametrize("script", [pytest.param(script, id=script.name) for script in SCRIPTS])
@pytest.mark.parametrize("partitions", [1, 6])
@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param(ALL_AT_ONCE, id="at once"),
        pytest.param(ONE_BY_ONE, id="one by one"),
        pytest.param(RESTARTED_EACH_TIME, id="restarted each time"),
    ],
)
def test_a_journal_made_to_deceive_does_not(script: Script, partitions: int, cuts: list[tuple[int, bool]]) -> None:
    stored = lay_out(numbered(*script.records), partitions)

    found = last_words(judge_in_pieces(stored, CATALOGUE, POLICY, cuts=cuts))

    for number, truth in script.truth.items():
        assert not (truth == ENCRYPTED and found[number].verdict is VerdictKind.INSECURE)
        assert not (truth == PLAIN and found[number].verdict is VerdictKind.SECURE)
    assert {number: f"{found[number].verdict} {found[number].reason}" for number in script.truth} == script.verdicts
