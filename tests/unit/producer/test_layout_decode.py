"""What the decoder makes of every detail type and of every way in which entry data has been seen to vary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from producer import layout
from producer.decode import EntryFacts, decode
from producer.reader import JournalRow, Place
from producer.simulator.encoder import EntryData, encode_entry
from runtime.flow import Reason
from schemas.records import DetailType, Entry

ACCEPT_HEAD = bytes.fromhex(
    "C1F1F04BF14BF14BF540404040404040F2F3404040F1F04BF94BF84BF740404040404040F5F0F1F2F300000003"
)
SECURE_HEAD = bytes.fromhex(
    "E2F1F04BF14BF14BF540404040404040F9F9F24040F1F04BF94BF84BF740404040404040F5F0F1F2F400000004"
)
SECURE_TAIL = bytes.fromhex(
    "E3D3E2E5F14BF2404040E3D3E26DD9E2C16DE6C9E3C86DC1C5E26DF1F2F86DC3C2C36DE2C8C1F2F5F640C5C3C4E2C16DE2C8C1F5F1F24040"
)
WRITTEN = datetime(2026, 11, 22, 2, 15, 0, 123456)
FACTS = EntryFacts(
    system="PROD1",
    journal="QSYS/QAUDJRN",
    reader="display-journal",
    to_utc=lambda local: (local - timedelta(hours=1)).replace(tzinfo=UTC),
    read_at_utc=datetime(2026, 11, 22, 1, 15, 1, tzinfo=UTC),
)
ROW = JournalRow(
    Place("AUDLIB", "AUDRCV0001", 184467),
    WRITTEN,
    "SK",
    ACCEPT_HEAD,
    job_name="QZDASOINIT",
    job_user="QUSER",
    job_number="123456",
    user="*NONE",
    program="QZBSCOMM",
    program_library="QSYS",
)
ENDS = ("10.1.1.5", 23, "10.9.8.7", 50123)
BOTH_ENDS_NEEDED = "ACSX"
ENDS_OPTIONAL = "DFIOPRU"

# J5 offset and length of each field, as IBM's table of the SK layout has them; the entry data begins at 610.
J5_FIELDS = (
    ("detail type", layout.DETAIL_TYPE, 610, 1),
    ("short local address", layout.LOCAL_ADDRESS_SHORT, 611, 15),
    ("local port", layout.LOCAL_PORT, 626, 5),
    ("short remote address", layout.REMOTE_ADDRESS_SHORT, 631, 15),
    ("remote port", layout.REMOTE_PORT, 646, 5),
    ("socket descriptor", layout.SOCKET_DESCRIPTOR, 651, 4),
    ("filter description", layout.FILTER_DESCRIPTION, 655, 10),
    ("filter length", layout.FILTER_LENGTH, 665, 2),
    ("filter", layout.FILTER, 667, 514),
    ("address family", layout.ADDRESS_FAMILY, 1181, 10),
    ("local address", layout.LOCAL_ADDRESS, 1191, 46),
    ("remote address", layout.REMOTE_ADDRESS, 1237, 46),
    ("MAC address", layout.MAC_ADDRESS, 1283, 32),
    ("host name", layout.HOST_NAME, 1315, 255),
    ("secure version", layout.SECURE_VERSION, 1570, 10),
    ("secure properties", layout.SECURE_PROPERTIES, 1580, 100),
)


def decoded(entry_data: bytes, row: JournalRow = ROW) -> Entry:
    found = decode(replace(row, entry_data=entry_data), FACTS)
    assert isinstance(found, Entry), found
    return found


def refused(entry_data: bytes, row: JournalRow = ROW) -> str:
    found = decode(replace(row, entry_data=entry_data), FACTS)
    assert isinstance(found, Reason), found
    assert found.message
    return found.code


def written_over(entry_data: bytes, field: slice, raw: bytes) -> bytes:
    return entry_data[: field.start] + raw.ljust(layout.width(field), b"\x40") + entry_data[field.stop :]


@pytest.mark.parametrize(
    ("field", "offset", "length"), [row[1:] for row in J5_FIELDS], ids=[row[0] for row in J5_FIELDS]
)
def test_each_field_stands_where_the_j5_layout_has_it(field: slice, offset: int, length: int) -> None:
    assert (field.start, layout.width(field)) == (offset - 610, length)


def test_the_fields_leave_no_byte_out() -> None:
    ends = [0, *(field.stop for field in layout.SK_FIELDS)]

    assert [field.start for field in layout.SK_FIELDS] == ends[:-1]
    assert (layout.SK_SHORTEST, layout.SK_BEFORE_7_3, layout.SK_LENGTH) == (45, 960, 1070)


def test_the_constructed_accept_is_decoded_whole() -> None:
    entry = decoded(encode_entry(EntryData("A", *ENDS, socket_descriptor=3)))

    assert entry == Entry(
        id=entry.id,
        system="PROD1",
        journal="QSYS/QAUDJRN",
        receiver_library="AUDLIB",
        receiver="AUDRCV0001",
        sequence="184467",
        time=datetime(2026, 11, 22, 1, 15, 0, 123456, tzinfo=UTC),
        journal_time="2026-11-22-02.15.00.123456",
        detail_type=DetailType.ACCEPT,
        local_address="10.1.1.5",
        local_port=23,
        remote_address="10.9.8.7",
        remote_port=50123,
        address_family="ipv4",
        socket_descriptor=3,
        secure_version=None,
        secure_properties=None,
        mac_address=None,
        host_name=None,
        filter_description=None,
        filter_data=None,
        job="123456/QUSER/QZDASOINIT",
        program="QSYS/QZBSCOMM",
        user="*NONE",
        entry_data_length=1070,
        tail=None,
        reader="display-journal",
        backfill=False,
    )
    assert entry.id == "20261122T021500123456-PROD1-AUDRCV0001-00000000000000184467"


def test_the_encoder_writes_the_constructed_bytes() -> None:
    accept = encode_entry(EntryData("A", *ENDS, socket_descriptor=3))
    secure = encode_entry(
        EntryData(
            "S",
            "10.1.1.5",
            992,
            "10.9.8.7",
            50124,
            4,
            secure_version="TLSV1.2",
            secure_properties="TLS_RSA_WITH_AES_128_CBC_SHA256 ECDSA_SHA512",
        )
    )

    assert accept[:45] == ACCEPT_HEAD
    assert (secure[:45], secure[960:1016], len(secure)) == (SECURE_HEAD, SECURE_TAIL, 1070)


def test_the_constructed_secure_entry_has_protocol_and_cipher() -> None:
    entry = decoded(SECURE_HEAD.ljust(960, b"\x40") + SECURE_TAIL)

    assert entry.detail_type is DetailType.SECURE
    assert (entry.local_port, entry.remote_port, entry.socket_descriptor) == (992, 50124, 4)
    assert entry.secure_version == "TLSV1.2"
    assert entry.secure_properties == "TLS_RSA_WITH_AES_128_CBC_SHA256 ECDSA_SHA512"


@pytest.mark.parametrize("detail_type", list(DetailType), ids=lambda kind: kind.name.lower())
def test_every_detail_type_is_decoded(detail_type: DetailType) -> None:
    entry = decoded(encode_entry(EntryData(detail_type, *ENDS)))

    assert entry.detail_type is detail_type
    assert (entry.local_address, entry.local_port, entry.remote_address, entry.remote_port) == ENDS


@pytest.mark.parametrize("detail_type", ENDS_OPTIONAL)
def test_types_that_are_no_connection_may_lack_addresses_and_ports(detail_type: str) -> None:
    entry = decoded(encode_entry(EntryData(detail_type)))

    assert entry.detail_type == detail_type
    assert (entry.local_address, entry.local_port, entry.remote_address, entry.remote_port) == (None,) * 4
    assert entry.address_family is None


@pytest.mark.parametrize("detail_type", BOTH_ENDS_NEEDED)
@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ((layout.LOCAL_ADDRESS, layout.LOCAL_ADDRESS_SHORT), "no-address"),
        ((layout.REMOTE_ADDRESS, layout.REMOTE_ADDRESS_SHORT), "no-address"),
        ((layout.LOCAL_PORT,), "no-port"),
        ((layout.REMOTE_PORT,), "no-port"),
    ],
    ids=["local address", "remote address", "local port", "remote port"],
)
def test_a_connection_that_lacks_an_end_is_refused(detail_type: str, lacking: tuple[slice, ...], code: str) -> None:
    whole = encode_entry(EntryData(detail_type, *ENDS))
    for field in lacking:
        whole = written_over(whole, field, b"")

    assert refused(whole) == code


@pytest.mark.parametrize(
    ("length", "secure_version", "host_name", "tail"),
    [
        (45, None, None, None),
        (300, None, None, None),
        (627, None, None, None),
        (632, None, None, "f1f04bf94b"),
        (960, None, "client.example.com", None),
        (966, None, "client.example.com", "e3d3e2e5f14b"),
        (970, "TLSV1.3", "client.example.com", None),
        (1070, "TLSV1.3", "client.example.com", None),
    ],
    ids=[
        "only the head",
        "inside the empty filter",
        "before the long remote address",
        "inside the long remote address",
        "before 7.3",
        "inside the version",
        "before the properties",
        "7.3",
    ],
)
def test_entry_data_may_end_anywhere_after_45_bytes(
    length: int, secure_version: str | None, host_name: str | None, tail: str | None
) -> None:
    whole = encode_entry(EntryData("S", *ENDS, secure_version="TLSV1.3", host_name="client.example.com"))

    entry = decoded(whole[:length])

    assert (entry.secure_version, entry.host_name, entry.tail) == (secure_version, host_name, tail)
    assert (entry.local_address, entry.remote_address, entry.address_family) == ("10.1.1.5", "10.9.8.7", "ipv4")
    assert entry.entry_data_length == length


@pytest.mark.parametrize(
    ("extra", "tail"),
    [(b"\x40" * 30, None), (b"\x00" * 30, None), (b"\x00\x12\xab\x40", "0012ab40")],
    ids=["blanks", "zeros", "unknown bytes"],
)
def test_bytes_behind_the_known_layout_are_kept(extra: bytes, tail: str | None) -> None:
    entry = decoded(encode_entry(EntryData("A", *ENDS)) + extra)

    assert entry.tail == tail
    assert entry.entry_data_length == 1070 + len(extra)


@pytest.mark.parametrize("length", [0, 1, 44])
def test_entry_data_shorter_than_45_bytes_is_refused(length: int) -> None:
    assert refused(ACCEPT_HEAD[:length]) == "entry-data-too-short"


@pytest.mark.parametrize(
    "first", [b"\x40", b"\x00", b"\xe9", b"\x81", b"\xff"], ids=["blank", "zero", "Z", "a", "all ones"]
)
def test_an_unknown_detail_type_is_refused(first: bytes) -> None:
    assert refused(first + ACCEPT_HEAD[1:]) == "unknown-detail-type"


def test_only_socket_entries_are_decoded() -> None:
    assert refused(ACCEPT_HEAD, replace(ROW, entry_type="SV")) == "not-a-socket-entry"


@pytest.mark.parametrize(
    ("raw", "port"),
    [
        ("23", 23),
        ("   23", 23),
        (" 23 ", 23),
        ("00023", 23),
        ("0", 0),
        ("65535", 65535),
        ("23\0\0\0", 23),
        ("\0\0\0\0\0", None),
        ("     ", None),
    ],
    ids=["left", "right", "centred", "zeros", "zero", "highest", "NUL-padded", "all NUL", "blank"],
)
def test_ports_are_read_whatever_their_padding(raw: str, port: int | None) -> None:
    entry = decoded(written_over(encode_entry(EntryData("P", *ENDS)), layout.LOCAL_PORT, raw.encode("cp037")))

    assert entry.local_port == port


@pytest.mark.parametrize("raw", ["65536", "99999", "-1", "+23", "2 3", "telne", "1_0", "²³", "23.0"])
@pytest.mark.parametrize("detail_type", ["A", "P"])
def test_an_impossible_port_is_refused(detail_type: str, raw: str) -> None:
    whole = encode_entry(EntryData(detail_type, *ENDS))

    assert refused(written_over(whole, layout.REMOTE_PORT, raw.encode("cp037"))) == "bad-port"


@pytest.mark.parametrize(
    ("written", "normalised", "family"),
    [
        ("10.9.8.7", "10.9.8.7", "ipv4"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1", "ipv6"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", "ipv6"),
        ("::ffff:10.9.8.7", "10.9.8.7", "ipv4"),
        ("::FFFF:0A09:0807", "10.9.8.7", "ipv4"),
        ("0:0:0:0:0:ffff:10.9.8.7", "10.9.8.7", "ipv4"),
        ("fe80::1%ETHLINE", "fe80::1", "ipv6"),
        ("::1", "::1", "ipv6"),
    ],
)
def test_an_address_has_one_spelling(written: str, normalised: str, family: str) -> None:
    entry = decoded(encode_entry(EntryData("A", written, 992, written, 50123)))

    assert (entry.local_address, entry.remote_address, entry.address_family) == (normalised, normalised, family)


def test_the_long_address_is_preferred_over_the_short_one() -> None:
    whole = encode_entry(EntryData("A", *ENDS))

    entry = decoded(written_over(whole, layout.REMOTE_ADDRESS, "192.0.2.77".encode("cp037")))

    assert entry.remote_address == "192.0.2.77"


@pytest.mark.parametrize("padding", [b"\x40", b"\x00"], ids=["blanks", "zeros"])
def test_the_short_address_is_used_where_the_long_one_is_empty(padding: bytes) -> None:
    whole = encode_entry(EntryData("A", *ENDS))

    entry = decoded(written_over(whole, layout.REMOTE_ADDRESS, padding * 46))

    assert entry.remote_address == "10.9.8.7"


@pytest.mark.parametrize(
    "raw",
    ["10.9.8", "10.9.8.777", "010.009.008.007", "client", "2001:db8::1::2", "10.9.8.7 10.9.8.7", "10.9\0.8.7", "*N"],
)
@pytest.mark.parametrize("detail_type", ["A", "D"])
def test_an_impossible_address_is_refused_although_the_short_one_is_good(detail_type: str, raw: str) -> None:
    whole = encode_entry(EntryData(detail_type, *ENDS))

    assert refused(written_over(whole, layout.REMOTE_ADDRESS, raw.encode("cp037"))) == "bad-address"


@pytest.mark.parametrize(
    ("family", "addresses", "found"),
    [
        ("*IPV4", ("10.1.1.5", "10.9.8.7"), "ipv4"),
        ("*IPV6", ("2001:db8::5", "2001:db8::7"), "ipv6"),
        ("", ("2001:db8::5", "2001:db8::7"), "ipv6"),
        ("*IPV6", ("::ffff:10.1.1.5", "::ffff:10.9.8.7"), "ipv4"),
        ("*IPV6", ("10.1.1.5", "10.9.8.7"), "ipv4"),
        ("*IPV6", ("::", "10.9.8.7"), "ipv4"),
        ("*IPV6", ("::", "::"), "ipv6"),
        ("*IPV4", ("2001:db8::5", "2001:db8::7"), None),
        ("*IPV6", ("10.1.1.5", "2001:db8::7"), None),
        ("*IPV5", ("10.1.1.5", "10.9.8.7"), None),
    ],
    ids=[
        "IPv4",
        "IPv6",
        "not said",
        "mapped",
        "dual stack",
        "unspecified local address",
        "nothing but the field tells",
        "IPv6 under IPv4",
        "one of each",
        "no such family",
    ],
)
def test_the_address_family_agrees_with_the_addresses(
    family: str, addresses: tuple[str, str], found: str | None
) -> None:
    raw = encode_entry(EntryData("A", addresses[0], 23, addresses[1], 50123, family=family))

    if found is None:
        assert refused(raw) == "bad-address-family"
    else:
        assert decoded(raw).address_family == found


def test_zeros_pad_text_like_blanks() -> None:
    whole = encode_entry(EntryData("S", *ENDS))
    whole = written_over(whole, layout.SECURE_VERSION, "TLSV1.3\0\0\0".encode("cp037"))
    whole = written_over(whole, layout.HOST_NAME, bytes(255))

    entry = decoded(whole)

    assert (entry.secure_version, entry.host_name) == ("TLSV1.3", None)


def test_blank_secure_properties_are_none() -> None:
    entry = decoded(encode_entry(EntryData("S", *ENDS, secure_version="TLSV1.2")))

    assert (entry.secure_version, entry.secure_properties) == ("TLSV1.2", None)


@pytest.mark.parametrize(
    ("raw", "descriptor"),
    [(b"\x00\x00\x00\x2a", 42), (b"\xff\xff\xff\xff", -1), (b"\x40" * 4, None), (bytes(4), 0)],
    ids=["a number", "negative", "blank", "zero"],
)
def test_the_socket_descriptor_is_a_signed_number(raw: bytes, descriptor: int | None) -> None:
    entry = decoded(ACCEPT_HEAD[:41] + raw)

    assert entry.socket_descriptor == descriptor


@pytest.mark.parametrize(
    ("length", "field", "filter_data"),
    [
        (b"\x00\x00", bytes(514), None),
        (b"\x40\x40", b"\x40" * 514, None),
        (b"\x00\x03", b"\x00\x03abc", "616263"),
        (b"\x00\x03", b"abc", "616263"),
        (b"\x00\x04", b"ab\x00\x40", "61620040"),
        (b"\xff\xff", b"abc", "616263"),
        (b"\x00\x00", b"abc", "616263"),
    ],
    ids=[
        "zeros",
        "blanks",
        "length twice",
        "length once",
        "padding inside the length",
        "impossible length",
        "no length",
    ],
)
def test_the_mail_filter_is_kept_as_hex(length: bytes, field: bytes, filter_data: str | None) -> None:
    whole = encode_entry(EntryData("F", remote_address="192.0.2.1", filter_description="BLOCKLIST"))
    whole = whole[:55] + length + field.ljust(514, b"\x00") + whole[571:]

    entry = decoded(whole)

    assert (entry.filter_description, entry.filter_data) == ("BLOCKLIST", filter_data)


def test_a_lease_says_who_got_which_address() -> None:
    lease = EntryData("D", "10.1.1.5", remote_address="10.1.9.9", mac_address="02004C4F4F50", host_name="scanner-7")

    entry = decoded(encode_entry(lease))

    assert (entry.remote_address, entry.remote_port) == ("10.1.9.9", None)
    assert (entry.mac_address, entry.host_name) == ("02004C4F4F50", "scanner-7")


@pytest.mark.parametrize(
    ("row", "job", "program"),
    [
        (ROW, "123456/QUSER/QZDASOINIT", "QSYS/QZBSCOMM"),
        (replace(ROW, job_number=None, job_user=None), "QZDASOINIT", "QSYS/QZBSCOMM"),
        (replace(ROW, job_number="", job_user=""), "QZDASOINIT", "QSYS/QZBSCOMM"),
        (replace(ROW, job_name=None, program=None), None, None),
        (replace(ROW, job_name="", program=""), None, None),
        (replace(ROW, program_library=None, program="*NONE"), "123456/QUSER/QZDASOINIT", "*NONE"),
    ],
    ids=["a job", "a task", "a task, blank", "nothing", "nothing, blank", "no library"],
)
def test_job_and_program_are_qualified_as_far_as_they_are_known(
    row: JournalRow, job: str | None, program: str | None
) -> None:
    entry = decoded(ACCEPT_HEAD, row)

    assert (entry.job, entry.program) == (job, program)


@pytest.mark.parametrize(("minutes", "backfill"), [(0, False), (15, False), (16, True)])
def test_an_entry_is_backfill_when_it_was_old_when_it_was_read(minutes: int, backfill: bool) -> None:
    late = replace(FACTS, read_at_utc=FACTS.to_utc(WRITTEN) + timedelta(minutes=minutes))

    entry = decode(ROW, late)

    assert isinstance(entry, Entry)
    assert entry.backfill is backfill


def test_a_sequence_above_two_to_the_53_is_kept_exactly() -> None:
    sequence = 18_446_744_073_709_551_600

    entry = decoded(ACCEPT_HEAD, replace(ROW, place=Place("AUDLIB", "AUDRCV0001", sequence)))

    assert entry.sequence == "18446744073709551600"
    assert entry.id.endswith("-18446744073709551600")


def test_a_time_without_a_counterpart_in_utc_is_refused() -> None:
    assert refused(ACCEPT_HEAD, replace(ROW, timestamp=datetime.min)) == "bad-timestamp"
