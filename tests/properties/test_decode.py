"""Whatever the bytes are, the decoder answers with an entry or a reason; and an address has one spelling."""

import ipaddress
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from producer import layout
from producer.audit_levels import decode_sv
from producer.decode import EntryFacts, decode
from producer.reader import JournalRow, Place
from producer.simulator.encoder import EntryData, encode_entry, encode_system_value
from runtime.flow import Reason
from schemas.codec import decode_as, encode
from schemas.records import Audit, DetailType, Entry

WRITTEN = datetime(2026, 11, 22, 2, 15)
FACTS = EntryFacts(
    "PROD1", "QSYS/QAUDJRN", "file", lambda local: local.replace(tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC)
)
PORTS = st.integers(0, 65_535)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(lambda address: not address.is_unspecified)
REAL = st.builds(
    lambda kind, local, remote, ports: encode_entry(
        EntryData(kind, str(local), ports[0], str(remote), ports[1], family="", secure_version="TLSV1.3")
    ),
    st.sampled_from(list(DetailType)),
    ADDRESSES,
    ADDRESSES,
    st.tuples(PORTS, PORTS),
)
SPLICES = st.lists(st.tuples(st.integers(0, 1100), st.binary(max_size=60)), max_size=4)


def row(entry_data: bytes, entry_type: str = "SK") -> JournalRow:
    return JournalRow(Place("AUDLIB", "AUDRCV0001", 5), WRITTEN, entry_type, entry_data)


def judged(entry_data: bytes) -> Entry | Reason:
    """What the decoder says, having checked that it is something that can be published."""
    found = decode(row(entry_data), FACTS)
    assert isinstance(found, Entry | Reason)
    if isinstance(found, Entry):
        assert decode_as(Entry, encode(found)) == found
        for address in (found.local_address, found.remote_address):
            assert address is None or address == str(ipaddress.ip_address(address))
        for port in (found.local_port, found.remote_port):
            assert port is None or 0 <= port <= 65_535
    return found


def spliced(entry_data: bytes, splices: list[tuple[int, bytes]]) -> bytes:
    for start, piece in splices:
        entry_data = entry_data[:start] + piece + entry_data[start + len(piece) :]
    return entry_data


@given(st.binary(max_size=1200))
@example(b"")
@example(b"\xc1" * 45)
@example(b"\x00" * 1070)
@example(b"\x40" * 1070)
def test_random_bytes_are_an_entry_or_a_reason(entry_data: bytes) -> None:
    judged(entry_data)


@given(st.sampled_from(list(DetailType)), st.binary(max_size=1200))
def test_random_bytes_behind_a_known_type_are_an_entry_or_a_reason(kind: DetailType, rest: bytes) -> None:
    judged(kind.encode("cp037") + rest)


@given(REAL, SPLICES, st.integers(0, 1100))
def test_a_damaged_entry_is_an_entry_or_a_reason(entry_data: bytes, splices: list[tuple[int, bytes]], cut: int) -> None:
    judged(spliced(entry_data, splices)[:cut])


@given(REAL, st.integers(45, 1070))
def test_the_head_does_not_depend_on_how_long_the_entry_is(entry_data: bytes, length: int) -> None:
    whole, part = judged(entry_data), judged(entry_data[:length])

    if isinstance(whole, Entry) and isinstance(part, Entry):
        assert (part.detail_type, part.local_port, part.remote_port) == (
            whole.detail_type,
            whole.local_port,
            whole.remote_port,
        )
        assert part.remote_address in (whole.remote_address, None)


@given(st.ip_addresses(v=6), st.booleans(), st.booleans())
def test_every_spelling_of_an_ipv6_address_is_normalised(
    address: ipaddress.IPv6Address, exploded: bool, upper: bool
) -> None:
    text = address.exploded if exploded else address.compressed

    found = judged(encode_entry(EntryData("A", "::", 23, text.upper() if upper else text, 50123, family="")))

    assert isinstance(found, Entry)
    assert found.remote_address == str(address.ipv4_mapped or address)


@given(st.ip_addresses(v=4), PORTS, st.sampled_from(["*IPV4", "*IPV6", ""]))
def test_a_mapped_address_is_the_same_as_the_plain_one(address: ipaddress.IPv4Address, port: int, family: str) -> None:
    plain = judged(encode_entry(EntryData("A", "0.0.0.0", 23, str(address), port, family=family)))
    mapped = judged(encode_entry(EntryData("A", "0.0.0.0", 23, f"::ffff:{address}", port, family=family)))

    assert isinstance(plain, Entry)
    assert plain == mapped


@given(REAL.map(lambda raw: raw[: layout.SK_LENGTH]), st.binary(max_size=80))
def test_unknown_tail_bytes_change_nothing_else(entry_data: bytes, tail: bytes) -> None:
    without, with_tail = judged(entry_data), judged(entry_data + tail)

    if isinstance(without, Entry) and isinstance(with_tail, Entry):
        assert with_tail.tail == (tail.hex() if tail.strip(b"\x00\x40") else None)
        assert with_tail.id == without.id
    else:
        assert without == with_tail


@given(st.sampled_from(["QAUDLVL", "QAUDLVL2", "QAUDCTL", "QTIMZON"]), SPLICES, st.integers(0, 3100))
def test_a_damaged_system_value_entry_is_a_change_a_reason_or_nothing(
    name: str, splices: list[tuple[int, bytes]], cut: int
) -> None:
    entry_data = encode_system_value(name, ("*NETSCK", "*NETSECURE"), ("*NONE",))

    found = decode_sv(row(spliced(entry_data, splices)[:cut], "SV"), FACTS)

    assert found is None or isinstance(found, Audit | Reason)
    if isinstance(found, Audit):
        assert all(word.startswith("*") for word in found.new_value.split())
