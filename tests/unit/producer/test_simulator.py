"""The simulated partition: always the same journal, from any place, at any speed, and a believable one."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from producer.audit_levels import Levels, decode_sv, levels_after
from producer.decode import EntryFacts, decode
from producer.reader import JournalReader, JournalRow, Page, Place
from producer.simulator.partition import Partition, Written
from producer.simulator.reader import SimulatorReader
from producer.simulator.scene import Truth
from producer.simulator.settings import SimulatorSettings
from runtime.errors import PositionLost
from runtime.flow import Reason
from schemas.records import Audit, DetailType, Entry

THURSDAY = datetime(2026, 11, 5)
THREE_DAYS = SimulatorSettings(seed=7, start=THURSDAY, days=3, scale=0.4, receiver_entries=20_000)
AN_HOUR = SimulatorSettings(seed=7, start=THURSDAY + timedelta(hours=12), days=1 / 24)
FACTS = EntryFacts(
    "PROD1", "QSYS/QAUDJRN", "simulator", lambda local: local.replace(tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
)
HANDSHAKE = timedelta(seconds=10)
HOST_SERVERS = {*range(8470, 8477), *range(9470, 9477)}


class HandClock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def journal() -> Sequence[Written]:
    return list(Partition(THREE_DAYS).written())


@pytest.fixture(scope="module")
def entries(journal: Sequence[Written]) -> Sequence[tuple[Entry, Truth | None]]:
    return decoded(journal)


def decoded(journal: Sequence[Written]) -> list[tuple[Entry, Truth | None]]:
    found = [(decode(written.row, FACTS), written.truth) for written in journal if written.row.entry_type == "SK"]
    return [(entry, truth) for entry, truth in found if isinstance(entry, Entry)]


def rows_of(settings: SimulatorSettings, after: Place | None = None) -> list[JournalRow]:
    return [written.row for written in Partition(settings).written(after)]


def pages_of(reader: JournalReader, limit: int, after: Place | None = None) -> list[Page]:
    """Page after page, up to the final one."""
    pages = [reader.read(after, limit)]
    while not pages[-1].final:
        pages.append(reader.read(pages[-1].place, limit))
    return pages


def ends(entry: Entry) -> tuple[str | None, int | None, str | None, int | None]:
    return entry.local_address, entry.local_port, entry.remote_address, entry.remote_port


def test_the_same_settings_give_the_same_journal(journal: Sequence[Written]) -> None:
    again = list(Partition(THREE_DAYS).written())

    assert again == journal


def test_another_seed_gives_another_journal() -> None:
    other = AN_HOUR.model_copy(update={"seed": 8})

    assert rows_of(other) != rows_of(AN_HOUR)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.4999, 0.77, 0.999, 1.0])
def test_reading_goes_on_exactly_after_any_place(journal: Sequence[Written], share: float) -> None:
    index = int(share * (len(journal) - 1))

    rest = rows_of(THREE_DAYS, after=journal[index].row.place)

    assert rest == [written.row for written in journal[index + 1 :]]


def test_reading_goes_on_after_a_number_that_is_no_row(journal: Sequence[Written]) -> None:
    before, behind = next(
        pair for pair in pairwise(journal[500:]) if pair[1].row.place.sequence > pair[0].row.place.sequence + 1
    )
    between = Partition(THREE_DAYS).numbering.place(before.row.place.sequence + 1)

    assert next(Partition(THREE_DAYS).written(between)).row == behind.row


@pytest.mark.parametrize(
    "place",
    [
        Place("AUDLIB", "AUDRCV0001", 10**15),
        Place("AUDLIB", "AUDRCV0777", 5),
        Place("OTHERLIB", "AUDRCV0001", 5),
        Place("AUDLIB", "AUDRCV0001", 0),
    ],
    ids=["behind the end", "another receiver", "another library", "zero"],
)
def test_a_place_of_another_journal_is_lost(place: Place) -> None:
    with pytest.raises(PositionLost, match="no place in this simulated journal"):
        SimulatorReader(THREE_DAYS).read(place, 10)


def test_sequences_rise_and_have_holes_while_receivers_rotate(journal: Sequence[Written]) -> None:
    places = [written.row.place for written in journal]
    steps = [behind.sequence - before.sequence for before, behind in pairwise(places)]
    receivers = list(dict.fromkeys(place.receiver for place in places))

    assert min(steps) >= 1
    assert max(steps) > 1
    assert len(receivers) > 3
    assert receivers == [f"AUDRCV{number + 1:04d}" for number in range(len(receivers))]


def test_a_busy_partition_never_runs_out_of_sequence_numbers() -> None:
    busy = SimulatorSettings(start=THURSDAY + timedelta(hours=9), days=1 / 48, scale=40)
    sequences = [row.place.sequence for row in rows_of(busy)]

    assert len(sequences) > 20_000
    assert all(before < behind for before, behind in pairwise(sequences))


def test_every_row_is_decoded(journal: Sequence[Written]) -> None:
    for written in journal:
        found = (decode if written.row.entry_type == "SK" else decode_sv)(written.row, FACTS)

        assert not isinstance(found, Reason), (found, written.truth)


def test_every_detail_type_is_there(entries: Sequence[tuple[Entry, Truth | None]]) -> None:
    assert {entry.detail_type for entry, _ in entries} == set(DetailType)


@pytest.mark.parametrize(
    "kind",
    [
        *("telnet", "telnet-tls", "port-mapper", "signon", "signon-tls", "database", "database-tls"),
        *("remote-command-tls", "file", "file-tls", "print", "central-tls", "data-queue", "ddm", "ddm-tls"),
        *("ftp", "ftp-data", "ssh", "admin", "admin-tls", "loopback", "port-scan", "failed-handshake"),
        *("ldap-out", "smtp-out", "drda-out", "snmp", "dns-out", "ntp-out"),
    ],
)
def test_every_kind_of_traffic_is_there(journal: Sequence[Written], kind: str) -> None:
    assert any(written.truth and written.truth.kind == kind for written in journal)


@pytest.mark.parametrize("protocol", ["TLSV1", "TLSV1.2", "TLSV1.3"])
def test_old_and_new_tls_is_spoken(entries: Sequence[tuple[Entry, Truth | None]], protocol: str) -> None:
    secure = [entry for entry, _ in entries if entry.secure_version == protocol]

    assert secure
    assert all(entry.detail_type is DetailType.SECURE and entry.secure_properties for entry in secure)


def test_addresses_come_in_every_form(journal: Sequence[Written]) -> None:
    heads = {written.row.entry_data[581:673].decode("cp037") for written in journal if written.row.entry_type == "SK"}

    assert any("::ffff:10." in head for head in heads)
    assert any("2001:DB8:20:17:0:0:0:" in head for head in heads)
    assert any("127.0.0.1" in head for head in heads)
    assert any(head.startswith("::1 ") for head in heads)


@pytest.mark.parametrize(
    "settings",
    [
        THREE_DAYS.model_copy(update={"days": 1.5, "audit_lapse_days": 0}),
        AN_HOUR.model_copy(update={"days": 1 / 144, "scale": 60, "audit_lapse_days": 0}),
    ],
    ids=["calm", "busy: many sessions cross the border of a block"],
)
def test_an_encrypted_connection_has_its_handshake_and_a_clear_one_has_none(settings: SimulatorSettings) -> None:
    opened, secured = {}, defaultdict(list)
    for entry, truth in decoded(list(Partition(settings).written())):
        if truth and entry.detail_type in ("A", "C") and truth.kind not in ("ssh", "loopback"):
            opened[truth.connection] = entry, truth
        elif truth and entry.detail_type == "S":
            secured[truth.connection].append(entry)
    last = max(entry.time for entry, _ in opened.values())
    complete = [(entry, truth) for entry, truth in opened.values() if last - entry.time > HANDSHAKE]

    assert {True, False} <= {truth.encrypted for _, truth in complete}
    for entry, truth in complete:
        handshakes = secured[truth.connection]
        assert len(handshakes) == (truth.encrypted is True)
        for handshake in handshakes:
            assert ends(handshake) == ends(entry)
            assert abs(handshake.time - entry.time) < HANDSHAKE
            assert handshake.secure_version == truth.by


def test_sometimes_the_handshake_is_written_before_the_accept(entries: Sequence[tuple[Entry, Truth | None]]) -> None:
    order = defaultdict(list)
    for entry, truth in entries:
        if truth:
            order[truth.connection].append(str(entry.detail_type))

    assert ["S", "A"] in order.values()
    assert ["A", "S"] in order.values()


def test_both_ends_of_a_loopback_connection_are_written(entries: Sequence[tuple[Entry, Truth | None]]) -> None:
    loopback = defaultdict(list)
    for entry, truth in entries:
        if truth and truth.kind == "loopback":
            loopback[truth.connection].append(entry)

    complete = [pair for pair in loopback.values() if len(pair) == 2]
    assert len(complete) >= len(loopback) - 1
    for connect, accept in complete:
        assert (connect.detail_type, accept.detail_type) == ("C", "A")
        assert (connect.local_port, connect.remote_port) == (accept.remote_port, accept.local_port)


def test_host_servers_are_reached_after_the_port_mapper(entries: Sequence[tuple[Entry, Truth | None]]) -> None:
    mapped: dict[str | None, datetime] = {}
    late = 0
    for entry, truth in entries:
        if entry.detail_type != "A" or truth is None or truth.kind in ("loopback", "port-scan", "failed-handshake"):
            continue
        if entry.local_port == 449:
            mapped[entry.remote_address] = entry.time
        elif entry.local_port in HOST_SERVERS:
            late += entry.time - mapped.get(entry.remote_address, datetime.min.replace(tzinfo=UTC)) > HANDSHAKE

    assert mapped
    assert late == 0


def test_office_hours_are_busier_than_nights_and_weekends(journal: Sequence[Written]) -> None:
    hours = Counter((written.row.timestamp.date(), written.row.timestamp.hour) for written in journal)
    thursday, saturday = THURSDAY.date(), THURSDAY.date() + timedelta(days=2)

    assert hours[thursday, 10] > 5 * hours[thursday, 3]
    assert hours[thursday, 10] > 3 * hours[saturday, 10]


def test_the_nightly_jobs_come_at_two(journal: Sequence[Written]) -> None:
    nightly = [
        written.row.timestamp
        for written in journal
        if written.truth and "10.20.8.50" in written.row.entry_data[627:673].decode("cp037")
    ]
    first = {day: min(moment for moment in nightly if moment.date() == day) for day in {at.date() for at in nightly}}

    assert len(first) == 3
    for day, moment in first.items():
        assert abs(moment - datetime.combine(day, datetime.min.time()) - timedelta(hours=2)) < timedelta(minutes=1)


def test_a_scan_tries_many_ports_within_seconds(entries: Sequence[tuple[Entry, Truth | None]]) -> None:
    tried = defaultdict(set)
    for entry, _ in entries:
        if entry.detail_type in ("P", "A"):
            tried[entry.remote_address, entry.time.replace(second=0, microsecond=0)].add(entry.local_port)

    assert max(len(ports) for ports in tried.values()) > 15


def test_nothing_of_tls_is_written_while_it_is_not_audited(journal: Sequence[Written]) -> None:
    changes = [written for written in journal if written.row.entry_type == "SV"]
    audits = [(w.time, found) for w in changes if isinstance(found := decode_sv(w.row, FACTS), Audit)]
    opening, taken, given_back = audits

    lapsed = [written for written in journal if taken[0] < written.time < given_back[0]]

    assert len(changes) > len(audits)
    assert ["*NETSECURE" in found.new_value.split() for _, found in audits] == [True, False, True]
    assert opening[0] == Partition(THREE_DAYS).timeline.start
    assert len(lapsed) > 10
    assert not any(written.row.entry_data[:1].decode("cp037") in "SX" for written in lapsed)


def test_a_partition_without_lapses_changes_its_levels_only_once() -> None:
    steady = AN_HOUR.model_copy(update={"audit_lapse_days": 0})

    assert [row.entry_type for row in rows_of(steady)].count("SV") == 1


@pytest.mark.parametrize("limit", [1, 7, 1000, 100_000])
def test_pages_bring_the_whole_journal_and_the_last_one_is_final(limit: int) -> None:
    pages = pages_of(SimulatorReader(AN_HOUR), limit)

    assert [row for page in pages for row in page.rows] == rows_of(AN_HOUR)
    assert all(len(page.rows) <= limit for page in pages)
    assert [page.at_end for page in pages] == [page.final for page in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[-1].read_at == THURSDAY + timedelta(hours=13)
    assert pages[-1].lag == 0


def test_a_page_names_its_last_row_and_the_clock_that_stands_behind_it() -> None:
    page = SimulatorReader(AN_HOUR).read(None, 50)

    assert page.place == page.rows[-1].place
    assert page.read_at == page.rows[-1].timestamp + timedelta(microseconds=1)
    assert page.utc_offset_seconds == 3600
    assert page.lag is not None
    assert page.lag > 0


def test_another_reader_goes_on_after_every_page(journal: Sequence[Written]) -> None:
    pages, after = [], journal[5000].row.place
    for _ in range(4):
        pages.append(SimulatorReader(THREE_DAYS).read(after, 333))
        after = pages[-1].place or after

    read = [row for page in pages for row in page.rows]
    assert read == [written.row for written in journal[5001 : 5001 + len(read)]]
    assert len(read) > 999


def test_the_final_page_can_be_read_again() -> None:
    reader = SimulatorReader(AN_HOUR)
    last = pages_of(reader, 1000)[-1]

    again = reader.read(last.place, 1000)

    assert (again.rows, again.place, again.at_end, again.final) == ([], last.place, True, True)


def test_a_journal_ends_after_so_many_entries() -> None:
    limited = AN_HOUR.model_copy(update={"days": None, "entries": 1234})
    pages = pages_of(SimulatorReader(limited), 500)
    resumed = pages_of(SimulatorReader(limited), 500, after=pages[0].place)

    rows = [row for page in pages for row in page.rows]
    assert rows == rows_of(AN_HOUR.model_copy(update={"days": 1}))[:1234]
    assert [row for page in resumed for row in page.rows] == rows[len(pages[0].rows) :]
    assert pages[-1].read_at == rows[-1].timestamp + timedelta(microseconds=1)


def test_the_levels_of_a_page_are_what_its_changes_leave() -> None:
    levels: Levels = None
    pages = pages_of(SimulatorReader(AN_HOUR), 200)

    for page in pages:
        changes = [
            found for row in page.rows if row.entry_type == "SV" and isinstance(found := decode_sv(row, FACTS), Audit)
        ]
        levels = levels_after(levels, changes)
        assert page.audit_levels == levels
        assert not any(row.entry_type == "SV" and decode_sv(row, FACTS) for row in page.rows[1:])
    assert len({page.audit_levels for page in pages}) == 2


def test_a_living_journal_gives_what_its_clock_has_reached() -> None:
    clock = HandClock()
    reader = SimulatorReader(AN_HOUR.model_copy(update={"speed": 60.0}), clock=clock)
    expected = rows_of(AN_HOUR)
    minute = THURSDAY + timedelta(hours=12, minutes=1)

    nothing = reader.read(None, 1000)
    clock.now += 1
    some = reader.read(nothing.place, 1000)
    clock.now += 3600
    rest = pages_of(reader, 1000, after=some.place)

    assert (nothing.rows, nothing.at_end, nothing.final, nothing.place) == ([], True, False, None)
    assert list(some.rows) == [row for row in expected if row.timestamp < minute]
    assert (some.at_end, some.final, some.read_at, some.lag) == (True, False, minute, 0)
    assert [*some.rows, *(row for page in rest for row in page.rows)] == expected


def test_a_living_journal_goes_on_where_reading_stopped() -> None:
    living = AN_HOUR.model_copy(update={"speed": 60.0})
    expected = rows_of(AN_HOUR)
    clock = HandClock()
    restarted = SimulatorReader(living, clock=clock)

    first = restarted.read(expected[299].place, 1000)
    clock.now += 5
    second = restarted.read(expected[299].place, 1000)

    assert first.read_at == expected[299].timestamp
    assert second.read_at == first.read_at + timedelta(minutes=5)
    assert list(second.rows) == [row for row in expected[300:] if row.timestamp < second.read_at]


def test_entries_keep_coming_while_nobody_reads_a_journal_with_a_known_beginning() -> None:
    clock = HandClock()
    began = datetime.fromtimestamp(clock.now, UTC)
    living = AN_HOUR.model_copy(update={"speed": 1.0, "began": began})
    clock.now += 600

    page = SimulatorReader(living, clock=clock).read(None, 100_000)

    assert page.read_at == THURSDAY + timedelta(hours=12, minutes=10)
    assert list(page.rows) == [row for row in rows_of(AN_HOUR) if row.timestamp < page.read_at][: len(page.rows)]
    assert len(page.rows) > 50


def test_the_repeated_autumn_hour_runs_back_in_local_time_only() -> None:
    autumn = SimulatorSettings(start=datetime(2026, 10, 25), days=0.3, zone="Europe/Berlin")
    written = list(Partition(autumn).written())

    backwards = [
        (before.row.timestamp, behind.row.timestamp)
        for before, behind in pairwise(written)
        if behind.row.timestamp < before.row.timestamp
    ]

    assert all(before.time <= behind.time for before, behind in pairwise(written))
    assert len(backwards) == 1
    assert (backwards[0][0].hour, backwards[0][1].hour) == (2, 2)


def test_a_check_says_what_the_journal_is() -> None:
    words = SimulatorReader(AN_HOUR).check()

    assert words == "a simulated journal: seed 7, scale 1, first entry written at 2026-11-05 12:00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Atlantis/Capital"},
        {"zone": "../etc"},
        {"days": 0},
        {"speed": -1},
        {"began": "2026-11-05T12:00:00"},
        {"start": "0001-01-01T00:00:00"},
        {"colour": "red"},
    ],
    ids=["zone", "path as zone", "no days", "speed", "a beginning without a zone", "the year 1", "unknown"],
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SimulatorSettings.model_validate(wrong)
