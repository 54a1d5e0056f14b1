"""The one mapping table, the community id and TLS versions, against values from outside."""

import pytest

from schemas.records import DetailType
from sinks.mapping import MEANINGS, ends_of, job_of, tls_version
from sinks.network import community_id, ip
from tests.unit.sinks.samples import DHCP, ENTRY


def test_every_kind_of_entry_has_a_meaning() -> None:
    assert set(MEANINGS) == set(DetailType)


@pytest.mark.parametrize(
    ("transport", "source", "destination", "expected"),
    [
        pytest.param(
            "tcp",
            ("128.232.110.120", 34855),
            ("66.35.250.204", 80),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            id="TCP, from the specification",
        ),
        pytest.param(
            "tcp",
            ("66.35.250.204", 80),
            ("128.232.110.120", 34855),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            id="the same from the other side",
        ),
        pytest.param(
            "udp",
            ("192.168.1.52", 54585),
            ("8.8.8.8", 53),
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
            id="UDP, from the specification",
        ),
        pytest.param("icmp", ("10.0.0.1", 1), ("10.0.0.2", 2), None, id="another transport"),
        pytest.param("tcp", ("10.0.0.1", 1), ("2001:db8::1", 2), None, id="two address families"),
        pytest.param("tcp", ("10.0.0.1", None), ("10.0.0.2", 2), None, id="a port is not known"),
        pytest.param("tcp", ("unknown", 1), ("10.0.0.2", 2), None, id="an address is not one"),
    ],
)
def test_community_ids(
    transport: str, source: tuple[str, int | None], destination: tuple[str, int | None], expected: str | None
) -> None:
    made = community_id(transport, ip(source[0]), source[1], ip(destination[0]), destination[1])

    assert made == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("TLSV1.3", ("tls", "1.3"), id="TLS 1.3"),
        pytest.param("TLSV1", ("tls", "1.0"), id="TLS 1.0"),
        pytest.param("*TLSV1.2", ("tls", "1.2"), id="as in a system value"),
        pytest.param("tlsv1.1", ("tls", "1.1"), id="lower case"),
        pytest.param("SSLV3", ("ssl", "3.0"), id="SSL 3"),
        pytest.param("QUIC", ("unknown", "QUIC"), id="unheard of"),
    ],
)
def test_tls_versions(written: str, expected: tuple[str, str]) -> None:
    assert tls_version(written) == expected


def test_a_job_is_taken_apart() -> None:
    assert job_of(ENTRY) == ("123400", "QTCP", "QTODDHCPS")


def test_an_entry_without_ports_has_no_transport() -> None:
    assert ends_of(DHCP.entry).transport is None
