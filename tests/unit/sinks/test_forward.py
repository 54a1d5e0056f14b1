"""What a filter lets through: what was asked for, and what nobody may be without."""

import pytest
from pydantic import ValidationError

from schemas.records import EventId, Network, Severity, VerdictKind, changed
from sinks.forward import EVERYTHING, Forward
from sinks.sink import Forwarded
from tests.unit.sinks.samples import ALERT, CORRECTION, DHCP, EVENT, FAILED, GAP, SAMPLES, STATUS, VERDICT

SECURE = changed(VERDICT, verdict=VerdictKind.SECURE, reason="tls", severity=Severity.INFORMATIONAL, service="https")
ORDERS = changed(VERDICT, service="Orders")
ABROAD = changed(VERDICT, network=Network.EXTERNAL)


def forward(**settings: object) -> Forward:
    return Forward.model_validate(settings)


@pytest.mark.parametrize("name", SAMPLES)
def test_without_settings_everything_passes(name: str) -> None:
    assert EVERYTHING.takes_everything
    assert EVERYTHING.takes(SAMPLES[name])


@pytest.mark.parametrize(
    ("settings", "passes", "does_not"),
    [
        pytest.param({"what": "alerts"}, [ALERT], [VERDICT, EVENT, DHCP, CORRECTION], id="alerts only"),
        pytest.param({"verdicts": ["insecure"]}, [VERDICT, ALERT], [SECURE, FAILED, EVENT], id="by verdict"),
        pytest.param({"reasons": ["tls", "helper-port"]}, [SECURE, EVENT], [VERDICT, ALERT, DHCP], id="by reason"),
        pytest.param({"severity": "medium"}, [VERDICT, ALERT], [SECURE, FAILED, EVENT], id="by severity"),
        pytest.param({"severity": "high"}, [ALERT], [VERDICT], id="by the severity of the alert"),
        pytest.param({"severity": "informational"}, [SECURE, EVENT, DHCP], [], id="the least severity"),
        pytest.param({"networks": ["external"]}, [ABROAD, CORRECTION], [VERDICT, FAILED, EVENT], id="by network"),
        pytest.param({"services": ["telnet"]}, [VERDICT, ALERT], [SECURE, EVENT, DHCP], id="by service"),
        pytest.param({"services": ["Telnet", "ORDERS"]}, [VERDICT, ORDERS], [SECURE], id="by service in capitals"),
        pytest.param(
            {"services": ["telnet"], "networks": ["external"]}, [ABROAD], [VERDICT, SECURE, CORRECTION], id="by both"
        ),
    ],
)
def test_a_filter_takes_what_passes_each_of_its_lists(
    settings: dict[str, object], passes: list[Forwarded], does_not: list[Forwarded]
) -> None:
    chosen = forward(**settings)

    assert [one for one in passes if not chosen.takes(one)] == []
    assert [one for one in does_not if chosen.takes(one)] == []


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"what": "alerts"}, id="alerts only"),
        pytest.param({"verdicts": ["secure"]}, id="by verdict"),
        pytest.param({"reasons": ["own-scheme"]}, id="by reason"),
        pytest.param({"severity": "critical"}, id="by severity"),
        pytest.param({"networks": ["external"]}, id="by network"),
        pytest.param({"services": ["nothing"]}, id="by service"),
    ],
)
@pytest.mark.parametrize("record", [STATUS, GAP], ids=["status", "gap"])
def test_signs_of_life_and_of_blindness_always_pass(settings: dict[str, object], record: Forwarded) -> None:
    assert forward(**settings).takes(record)


def test_a_correction_follows_the_verdict_that_may_have_passed_before_it() -> None:
    corrected = changed(SECURE, service="telnet", supersedes=EventId("before"))

    assert forward(verdicts=["insecure"], severity="high", reasons=["cleartext-port"]).takes(corrected)
    assert not forward(services=["ftp"]).takes(corrected)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"what": "nothing"}, id="what"),
        pytest.param({"verdicts": ["bad"]}, id="a verdict that is none"),
        pytest.param({"reasons": ["tls", "cleartext"]}, id="a reason that is none"),
        pytest.param({"severity": "urgent"}, id="a severity that is none"),
        pytest.param({"networks": ["dmz"]}, id="a network that is none"),
        pytest.param({"ports": [23]}, id="an unknown setting"),
    ],
)
def test_what_means_nothing_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        forward(**settings)
