"""What a policy excepts, tunnels and calls its own holds in both modes, before anything else is asked."""

from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy import Policy, PolicyException, Tunnel
from enricher.policy_file import load_policy
from enricher.ranges import read_addresses
from schemas.codec import decode_as
from schemas.records import AnyRecord, Entry, Verdict, VerdictKind
from tests.unit.enricher.samples import accept, progress, stored

CATALOGUE = load_catalogue()
MODES = [
    pytest.param(load_policy(Path(name), CATALOGUE), id=mode)
    for name, mode in (("ports", "ports"), ("default", "evidence"))
]
EXCEPTION = PolicyException(
    addresses=read_addresses("10.9.8.0/24"),
    ports=frozenset({23}),
    system="PROD1",
    verdict=VerdictKind.SECURE,
    reason="tills, in a network of their own",
    owner="retail",
    expires=date(2026, 11, 22),
)


def judged(policy: Policy, entry: Entry) -> tuple[str, str, str | None]:
    records: list[AnyRecord] = [progress(), entry, progress(seconds=60)]
    outcome = Judge(CATALOGUE, policy).process([stored(record, place) for place, record in enumerate(records)])
    (verdict,) = (decode_as(Verdict, output.value) for output in outcome.outputs if output.type == Verdict.type)
    return verdict.verdict, verdict.reason, verdict.advice


@pytest.mark.parametrize("policy", MODES)
def test_an_exception_decides_on_its_last_day_and_names_who_answers_for_it(policy: Policy) -> None:
    kind, reason, advice = judged(replace(policy, exceptions=(EXCEPTION,)), accept(23))

    assert (kind, reason) == ("secure", "exception")
    assert advice == "An exception of the policy until 2026-11-22: tills, in a network of their own (retail)."


@pytest.mark.parametrize("policy", MODES)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"expires": date(2026, 11, 21)}, id="it ended the day before"),
        pytest.param({"ports": frozenset({21})}, id="another port"),
        pytest.param({"system": "PROD2"}, id="another system"),
        pytest.param({"addresses": read_addresses("10.9.9.0/24")}, id="another address"),
    ],
)
def test_an_exception_that_does_not_fit_changes_nothing(policy: Policy, changes: dict[str, object]) -> None:
    exception = replace(EXCEPTION, **changes)  # type: ignore[arg-type]

    assert judged(replace(policy, exceptions=(exception,)), accept(23))[:2] == ("insecure", "cleartext-port")


@pytest.mark.parametrize("policy", MODES)
def test_the_first_exception_that_fits_counts(policy: Policy) -> None:
    other = replace(EXCEPTION, verdict=VerdictKind.UNKNOWN)
    ended = replace(EXCEPTION, expires=date(2026, 1, 1))

    assert judged(replace(policy, exceptions=(ended, other, EXCEPTION)), accept(23))[:2] == ("unknown", "exception")


@pytest.mark.parametrize("policy", MODES)
def test_a_tunnel_secures_clear_text(policy: Policy) -> None:
    tunnel = Tunnel(ip_network("10.9.0.0/16"), ip_network("10.1.0.0/16"))

    assert judged(replace(policy, tunnels=(tunnel,)), accept(23))[:2] == ("secure", "tunnel")


@pytest.mark.parametrize("policy", MODES)
def test_a_connection_with_an_address_of_ones_own_is_local(policy: Policy) -> None:
    own = replace(policy, own_addresses=frozenset({"10.9.8.7"}))

    assert judged(own, accept(23))[:2] == ("secure", "local")
