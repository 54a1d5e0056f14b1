"""What listens is compared with the catalogue: clear text, twins, services that moved, ports that nobody knows."""

import pytest

from enricher.catalogue import Transport, load_catalogue
from enricher.listeners import Listening, compare_listeners

CATALOGUE = load_catalogue()
LOOPBACK = ("127.0.0.1", "::1")


def tcp(port: int, name: str | None = None, addresses: tuple[str, ...] = ()) -> Listening:
    return Listening(Transport.TCP, port, name, addresses)


@pytest.mark.parametrize(
    ("found", "verdict", "kinds"),
    [
        pytest.param([tcp(992, "telnet-ssl")], "secure", (), id="TLS"),
        pytest.param([tcp(22, "ssh")], "secure", (), id="SSH"),
        pytest.param([tcp(449, "as-svrmap")], None, (), id="helper"),
        pytest.param([tcp(1414, "MQSeries")], "unknown", (), id="a scheme of its own"),
        pytest.param([tcp(23, "telnet")], "insecure", ("cleartext", "twin-not-started"), id="its twin does not listen"),
        pytest.param([tcp(23, "telnet"), tcp(992)], "insecure", ("cleartext", "twin-listens"), id="its twin listens"),
        pytest.param(
            [tcp(23, "telnet"), tcp(992, None, LOOPBACK)],
            "insecure",
            ("cleartext", "twin-not-started"),
            id="a twin that nobody outside can reach is none",
        ),
        pytest.param([tcp(21, "ftp-control")], "unknown", ("twin-not-started",), id="may go over to TLS"),
        pytest.param([tcp(8479)], "insecure", ("cleartext", "no-twin"), id="nothing encrypted is known"),
        pytest.param([tcp(23, "telnet", LOOPBACK)], "secure", (), id="loopback only"),
        pytest.param(
            [tcp(23, "telnet", ("127.0.0.1", "10.1.1.5"))], "insecure", ("cleartext", "twin-not-started"), id="not only"
        ),
        pytest.param([tcp(7000)], "unknown", ("unlisted",), id="nobody knows it"),
        pytest.param([tcp(7000, None, LOOPBACK)], "secure", (), id="nobody knows it, and nobody reaches it"),
        pytest.param([tcp(7992, "telnet-ssl")], "secure", ("moved",), id="a secure service that moved"),
        pytest.param([tcp(446, "drda")], "insecure", ("cleartext", "twin-not-started"), id="another name for the same"),
        pytest.param([tcp(447, "ddm")], "insecure", ("cleartext", "twin-not-started"), id="the name of its neighbour"),
        pytest.param([Listening(Transport.UDP, 161, "snmp", ())], "insecure", ("cleartext", "no-twin"), id="UDP"),
    ],
)
def test_a_listener_gets_a_verdict_and_what_is_to_be_said(
    found: list[Listening], verdict: str | None, kinds: tuple[str, ...]
) -> None:
    listener = compare_listeners(found, CATALOGUE)[0]

    assert (listener.verdict, listener.kinds) == (verdict, kinds)
    assert len(listener.notes) == len(kinds)


def test_a_service_that_moved_is_told_with_what_to_write_into_the_catalogue() -> None:
    (listener,) = compare_listeners([tcp(7023, "telnet")], CATALOGUE)

    assert listener.kinds == ("moved", "cleartext", "twin-not-started")
    assert 'port = 7023, service = "telnet", speaks = "cleartext"' in listener.notes[0]
    assert "on port 23:" in listener.notes[0]


def test_listeners_come_in_the_order_of_their_ports() -> None:
    found = compare_listeners([tcp(992), tcp(23), tcp(446)], CATALOGUE)

    assert [one.listening.port for one in found] == [23, 446, 992]
