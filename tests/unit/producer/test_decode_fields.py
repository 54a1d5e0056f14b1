"""An entry from columns is the entry from the bytes, as far as the columns say it."""

from datetime import UTC, datetime

import pytest

from producer.decode import EntryFacts, decode
from producer.reader import JournalRow, Place
from producer.simulator.encoder import EntryData, encode_entry
from producer.socket_fields import SocketFields
from runtime.flow import Reason
from schemas.records import Entry, changed

PLACE = Place("AUDLIB", "AUDRCV0001", 5)
WRITTEN = datetime(2026, 11, 22, 2, 15)
FACTS = EntryFacts(
    "PROD1", "QSYS/QAUDJRN", "file", lambda local: local.replace(tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC)
)


def of(fields: SocketFields, entry_type: str = "SK") -> Entry | Reason:
    return decode(JournalRow(PLACE, WRITTEN, entry_type, b"", program="QTVSERVER", fields=fields), FACTS)


def test_columns_give_the_entry_that_the_bytes_give() -> None:
    said = EntryData(
        "S", "2001:db8::1", 992, "2001:db8::2", 50123, 4, None, "TLSV1.3", "AES_128_GCM_SHA256", "02AB", "pc1.example"
    )
    by_bytes = decode(JournalRow(PLACE, WRITTEN, "SK", encode_entry(said), program="QTVSERVER"), FACTS)

    by_columns = of(
        SocketFields(
            "S",
            "2001:DB8:0:0::1   ",
            "00992",
            "2001:db8::2",
            "50123",
            4,
            "*IPV6",
            "02AB",
            "pc1.example",
            "TLSV1.3",
            "AES_128_GCM_SHA256 ",
        )
    )

    assert isinstance(by_bytes, Entry)
    assert by_columns == changed(by_bytes, entry_data_length=None)


def test_what_the_columns_do_not_say_is_null() -> None:
    entry = of(SocketFields("I"))

    assert isinstance(entry, Entry)
    assert (entry.local_address, entry.remote_port, entry.address_family, entry.socket_descriptor) == (None,) * 4
    assert (entry.secure_version, entry.host_name, entry.entry_data_length, entry.tail) == (None,) * 4


@pytest.mark.parametrize(
    ("fields", "entry_type", "code"),
    [
        pytest.param(SocketFields("A", "10.1.1.5", "23", "10.9.8.7"), "SK", "no-port", id="no-remote-port"),
        pytest.param(SocketFields("A", "10.1.1.5", "23", "", "5"), "SK", "no-address", id="no-remote-address"),
        pytest.param(SocketFields("A", "here", "23", "10.9.8.7", "5"), "SK", "bad-address", id="not-an-address"),
        pytest.param(SocketFields("Q"), "SK", "unknown-detail-type", id="unknown-type"),
        pytest.param(SocketFields(""), "SK", "unknown-detail-type", id="no-type"),
        pytest.param(SocketFields("A"), "JS", "not-a-socket-entry", id="another-entry-type"),
    ],
)
def test_columns_that_cannot_be_an_entry_are_a_reason(fields: SocketFields, entry_type: str, code: str) -> None:
    found = of(fields, entry_type)

    assert isinstance(found, Reason)
    assert found.code == code
