"""A policy that is printed and read again is the same policy."""

from pathlib import Path

import pytest

from enricher.catalogue import load_catalogue
from enricher.policy_file import load_policy
from enricher.policy_text import policy_text

CATALOGUE = load_catalogue()
EVERYTHING = """
mode = "evidence"
window = 60
[ports]
outbound = true
secure = [1, 2, 3, 5, 7, 8, "100-300"]
cleartext = []
[networks]
own = []
addresses = ["10.1.1.5", "2001:db8::5"]
[tls]
weakest_protocol = "TLSV1.3"
weak_ciphers = []
forward_secrecy = true
[canary]
addresses = ["10.1.1.9", "2001:db8::9"]
ports = [61901, "61950-61999"]

[[tunnel]]
networks = ["10.1.0.0/16", "10.2.0.0/16"]
[[exception]]
addresses = ["10.9.8.0/24", "10.1.1.10-10.1.1.20"]
ports = [23, 21]
system = "PROD1"
verdict = "unknown"
reason = "a \\"quoted\\" word, a \\\\, a tab\\t, \\u007f and üñí"
owner = "warehouse"
expires = 2027-03-31
[[exception]]
addresses = ["10.9.8.7"]
verdict = "secure"
reason = "every port and system"
owner = "warehouse"
expires = 2027-03-31
[severities]
cleartext-port = "critical"
tls = { internal = "low", external = "informational" }
[alerts]
reasons = []
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('mode = "evidence"', id="the default"),
        pytest.param('mode = "ports"', id="by ports"),
        pytest.param(EVERYTHING, id="every key"),
    ],
)
def test_what_is_printed_reads_as_the_same_policy(tmp_path: Path, text: str) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(text, encoding="utf-8")
    policy = load_policy(first, CATALOGUE)

    second.write_text(policy_text(policy), encoding="utf-8")

    assert load_policy(second, CATALOGUE).hash == policy.hash


def test_ports_in_a_row_are_written_as_ranges(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(EVERYTHING, encoding="utf-8")

    lines = policy_text(load_policy(file, CATALOGUE)).splitlines()

    assert 'secure = ["1-3", 5, 7, 8, "100-300"]' in lines
    assert max(map(len, lines)) <= 120
