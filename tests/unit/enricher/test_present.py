"""A connection that is open is judged by the policy and by its port, as the service table of the system knows it."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from enricher.catalogue import load_catalogue
from enricher.policy import Canary, Tunnel
from enricher.policy_file import load_policy
from enricher.present import Opinion, Present, judge_present
from schemas.records import Direction, Network
from tests.unit.enricher.samples import TIME

CATALOGUE = load_catalogue()
POLICY, PORTS = (load_policy(Path(name), CATALOGUE) for name in ("default", "ports"))
TELNET = Present("PROD1", "10.1.1.5", 23, "telnet", "10.9.8.7", 50123, None, is_served=True)
TO_DDM = Present("PROD1", "10.1.1.5", 40001, None, "10.30.0.5", 446, "drda", is_served=False)
TUNNELLED = replace(POLICY, tunnels=(Tunnel(ip_network("10.1.0.0/16"), ip_network("10.9.0.0/16")),))
CANARY = replace(POLICY, canary=Canary((ip_network("10.9.8.7/32"),), frozenset({50123})))


def opinion(present: Present, **changes: object) -> Opinion:
    return judge_present(replace(present, **changes), CATALOGUE, POLICY, TIME)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        pytest.param({}, "insecure", "cleartext-port", id="clear text"),
        pytest.param({"local_port": 992}, "secure", "secure-port", id="TLS"),
        pytest.param({"local_port": 22}, "secure", "encrypted-protocol", id="SSH"),
        pytest.param({"local_port": 21}, "unknown", "no-tls-evidence", id="may go over to TLS: only the journal knows"),
        pytest.param({"local_port": 1414}, "unknown", "own-scheme", id="a scheme of its own"),
        pytest.param({"local_port": 449}, None, "helper-port", id="helper"),
        pytest.param({"local_port": 5000, "local_name": None}, "unknown", "no-tls-evidence", id="not listed"),
        pytest.param({"local_port": 2323, "local_name": "telnet"}, "unknown", "own-scheme", id="the number goes first"),
        pytest.param({"local_port": 7023, "local_name": "telnet"}, "insecure", "cleartext-port", id="a service moved"),
        pytest.param({"local_port": 7024, "local_name": "shop-ssl"}, "secure", "secure-port", id="a secure name"),
        pytest.param({"local_port": 7025, "local_name": "shop-s"}, "secure", "secure-port", id="another secure name"),
        pytest.param({"local_port": 7026, "local_name": "shop"}, "unknown", "no-tls-evidence", id="a name by itself"),
        pytest.param({"remote_address": "127.0.0.1"}, "secure", "local", id="loopback"),
        pytest.param({"remote_address": "10.1.1.5"}, "secure", "local", id="its own address"),
    ],
)
def test_the_port_tells_what_the_policy_does_not(changes: dict[str, object], verdict: str | None, reason: str) -> None:
    found = opinion(TELNET, **changes)

    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.direction is Direction.INBOUND


def test_what_the_system_opened_goes_by_the_port_of_the_other_end() -> None:
    found = opinion(TO_DDM)

    assert (found.direction, found.service, found.verdict) == (Direction.OUTBOUND, "ddm", "insecure")
    assert found.network is Network.INTERNAL
    assert found.advice == "Let this system connect to port 448 (ddm-ssl) of that server."


def test_a_client_of_an_ended_server_is_still_one() -> None:
    found = opinion(TELNET, is_served=False)

    assert (found.direction, found.service) == (Direction.INBOUND, "telnet")
    assert found.advice == "Move this client to port 992 (telnet-ssl)."


def test_active_ftp_data_is_what_it_is_although_the_system_opened_it() -> None:
    found = opinion(TO_DDM, local_port=20, remote_port=50001)

    assert (found.direction, found.service, found.verdict) == (Direction.OUTBOUND, "ftp-data", "unknown")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [pytest.param(TUNNELLED, "tunnel", id="a tunnel"), pytest.param(CANARY, "canary", id="the canary")],
)
def test_what_the_policy_says_goes_first(policy: object, reason: str) -> None:
    found = judge_present(TELNET, CATALOGUE, policy, TIME)  # type: ignore[arg-type]

    assert (found.verdict, found.reason, found.advice) == ("secure", reason, None)


def test_mode_ports_is_as_strict_here_as_it_is_live() -> None:
    found = judge_present(replace(TELNET, local_port=21), CATALOGUE, PORTS, TIME)

    assert (found.verdict, found.reason) == ("insecure", "not-in-secure-list")
