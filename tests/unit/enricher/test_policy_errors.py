"""Whatever is wrong in a policy is told with file, line and key, all of it at once."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from enricher.catalogue import load_catalogue
from enricher.policy import Mode, Notice, Protocol
from enricher.policy_file import load_policy
from enricher.toml_places import line_of
from runtime.errors import ConfigError
from schemas.reasons import Reason
from schemas.records import Severity

CATALOGUE = load_catalogue()
PORT = 'a port from 1 to 65535, or a range such as "40000-40100" expected'
EXCEPTION = """
[[exception]]
addresses = ["10.9.8.0/24"]
verdict = "secure"
reason = "a network of their own"
owner = "warehouse"
expires = 2027-03-31
"""


def refusal(tmp_path: Path, text: str) -> list[str]:
    """The lines of the error, each without the file that it names."""
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_policy(file, CATALOGUE)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"{file}") for line in lines)
    return [line.removeprefix(f"{file}").removeprefix(", ") for line in lines]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "windows = 15", "line 2, key windows: unknown; known here: alerts, canary, exception", id="unknown key"
        ),
        pytest.param(
            "window = true", "line 2, key window: true found; a whole number of seconds from 1 to 600", id="window"
        ),
        pytest.param(
            "window = 15.0", "line 2, key window: 15.0 found; a whole number of seconds", id="not a whole number"
        ),
        pytest.param(
            f"window = {10**23}",
            f"line 2, key window: {10**23} found; a whole number of seconds",
            id="too long",
        ),
        pytest.param("window = 07:30:00", 'line 2, key window: "07:30:00" found; a whole', id="a time of day"),
        pytest.param("[ports]\nsecure = [22.0]", "line 3, key ports.secure: 22.0 found; a port", id="half a port"),
        pytest.param("window = 0", "line 2, key window: 0 found; a whole number of seconds", id="no window"),
        pytest.param("window = 1e400", "line 2, key window: Infinity found; a whole number of", id="endless window"),
        pytest.param("ports = 3", "line 2, key ports: 3 found; a table, under a line [ports] expected", id="no table"),
        pytest.param(
            '[ports]\noutbound = "yes"',
            'line 3, key ports.outbound: "yes" found; true or false expected',
            id="outbound is text",
        ),
        pytest.param(
            '[ports]\n\n# ours\nsecure = [\n  22,\n  "ssh",\n]',
            f"line 5, key ports.secure: 'ssh' is neither a port nor a range such as \"40000-40100\"; {PORT}",
            id="a name for a port",
        ),
        pytest.param(
            "[ports]\nsecure = [70000]", f"line 3, key ports.secure: 70000 found; {PORT}", id="port out of range"
        ),
        pytest.param(
            '[ports]\nsecure = ["9-5"]',
            f"line 3, key ports.secure: '9-5' ends before it starts, or leaves 1 to 65535; {PORT}",
            id="range backwards",
        ),
        pytest.param(
            "[ports]\nsecure = 22",
            'line 3, key ports.secure: 22 found; a list of ports and ranges, such as [22, "40000-40100"] expected',
            id="one port",
        ),
        pytest.param(
            "[ports]\nsecure = [22, 23]\ncleartext = [23]",
            "line 4, key ports.cleartext: on ports.secure too: 23; a port can only be on one list",
            id="a port on both lists",
        ),
        pytest.param(
            '[networks]\nown = ["10.0.0.1/8"]',
            'line 3, key networks.own: 10.0.0.1/8 has host bits set; a network such as "10.0.0.0/8" expected',
            id="host bits",
        ),
        pytest.param(
            '[networks]\nown = ["head office"]',
            "line 3, key networks.own: 'head office' does not appear to be an IPv4 or IPv6 network",
            id="not a network",
        ),
        pytest.param(
            '[networks]\nown = "10.0.0.0/8"',
            'line 3, key networks.own: "10.0.0.0/8" found; a list of networks, such as ["10.0.0.0/8"] expected',
            id="not a list",
        ),
        pytest.param(
            '[networks]\naddresses = ["10.1.1.0/24"]',
            "line 3, key networks.addresses: '10.1.1.0/24' does not appear to be an IPv4 or IPv6 address",
            id="a network for an address",
        ),
        pytest.param(
            '[tls]\nweakest_protocol = "TLS1.2"',
            'line 3, key tls.weakest_protocol: "TLS1.2" found; one of SSLV2, SSLV3, TLSV1.0',
            id="unknown protocol",
        ),
        pytest.param(
            '[tls]\nweak_ciphers = ["RC4 or DES"]',
            'line 3, key tls.weak_ciphers: "RC4 or DES" found; a pattern of letters',
            id="not a pattern",
        ),
        pytest.param(
            '[[tunnel]]\nnote = "branch"',
            'line 2, key tunnel.networks: missing; two networks, such as ["10.1.0.0/16", "10.2.0.0/16"] expected',
            id="tunnel without networks",
        ),
        pytest.param(
            '[[tunnel]]\nnetworks = ["10.1.0.0/16"]',
            'line 3, key tunnel.networks: ["10.1.0.0/16"] found; two networks',
            id="tunnel with one end",
        ),
        pytest.param(
            '[[tunnel]]\nnetworks = ["10.1.0.0/16", "2001:db8::/32"]',
            "line 3, key tunnel.networks: 10.1.0.0/16 and 2001:db8::/32 are not of the same address family",
            id="tunnel between families",
        ),
        pytest.param(
            EXCEPTION + EXCEPTION.replace("owner", "# owner"),
            "line 10, key exception.owner: missing; text expected",
            id="nobody answers for the second exception",
        ),
        pytest.param(
            EXCEPTION.replace('"a network of their own"', '" "'),
            'line 6, key exception.reason: " " found; text expected',
            id="blank reason",
        ),
        pytest.param(
            EXCEPTION.replace("10.9.8.0/24", "10.9.8.7-10.9.8.1"),
            "line 4, key exception.addresses: last IP address must be greater than first",
            id="addresses backwards",
        ),
        pytest.param(
            EXCEPTION.replace("10.9.8.0/24", "10.9.8.7-2001:db8::1"),
            "line 4, key exception.addresses: 10.9.8.7 and 2001:db8::1 are not of the same version",
            id="addresses of two families",
        ),
        pytest.param(
            EXCEPTION.replace("2027-03-31", "2027-03-31T00:00:00Z"),
            "line 8, key exception.expires: Invalid isoformat string: '2027-03-31T00:00:00+00:00'; a day such as",
            id="a time for a day",
        ),
        pytest.param(
            EXCEPTION.replace("2027-03-31", '"next year"'),
            "line 8, key exception.expires: Invalid isoformat string: 'next year'; a day such as 2027-03-31 expected",
            id="not a day",
        ),
        pytest.param(
            EXCEPTION + 'system = "PROD 1"',
            'line 9, key exception.system: "PROD 1" found; the name of a system, as it stands in the records, expected',
            id="no name of a system",
        ),
        pytest.param(
            EXCEPTION.replace('"secure"', '"failed"'),
            'line 5, key exception.verdict: "failed" found; one of secure, insecure, unknown expected',
            id="a verdict that nobody can promise",
        ),
        pytest.param(
            EXCEPTION + "ports = []", "line 9, key exception.ports: [] found; a list of ports and ranges", id="no ports"
        ),
        pytest.param(
            '[alerts]\nreasons = ["no-update"]',
            'line 3, key alerts.reasons: "no-update" is unknown; known: exception, canary, local, tunnel',
            id="unknown reason",
        ),
        pytest.param(
            '[severities]\ncleartext-port = "dire"',
            'line 3, key severities.cleartext-port: "dire" found; one of informational, low',
            id="unknown severity",
        ),
        pytest.param(
            '[severities]\njournal-gap = { internal = "low" }',
            'line 3, key severities.journal-gap: {"internal": "low"} found; one of informational',
            id="severity of one network only",
        ),
        pytest.param(
            '\n[severities]\nsecure-ports = "low"',
            'line 4, key severities.secure-ports: "secure-ports" is unknown; known: exception, canary, local',
            id="severity of an unknown reason",
        ),
        pytest.param(
            'severities.secure-ports = "low"', "line 2, key severities.secure-ports", id="a key with a dot in it"
        ),
    ],
)
def test_a_wrong_policy_is_refused_with_line_and_key(tmp_path: Path, text: str, problem: str) -> None:
    (line,) = refusal(tmp_path, f'mode = "ports"\n{text}\n')

    assert line.startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", 'key mode: missing; "evidence" or "ports" expected', id="missing"),
        pytest.param('mode = "x"', 'line 1, key mode: "x" found; "evidence" or "ports" expected', id="unknown"),
    ],
)
def test_the_mode_has_to_be_said(tmp_path: Path, text: str, problem: str) -> None:
    assert refusal(tmp_path, text) == [problem.removeprefix(", ")]


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = 'mode = "evidence"\nwindow = -1\n[networks]\nown = ["x", "10.0.0.0/8", "y"]\n[tls]\nforward = true\n'

    lines = refusal(tmp_path, text)

    assert [line.partition(": ")[0] for line in lines] == [
        "line 2, key window",
        "line 4, key networks.own",
        "line 4, key networks.own",
        "line 6, key tls.forward",
    ]


def test_every_tunnel_between_two_families_is_told(tmp_path: Path) -> None:
    tunnel = '[[tunnel]]\nnetworks = ["10.1.0.0/16", "2001:db8::/32"]\n'

    lines = refusal(tmp_path, f'mode = "ports"\n{tunnel}{tunnel}')

    assert [line.partition(": ")[0] for line in lines] == ["line 3, key tunnel.networks", "line 5, key tunnel.networks"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(None, "cannot be read: No such file or directory", id="no file"),
        pytest.param(b'mode = "ports"\nmode = "ports"\n', "not TOML: Cannot overwrite a value (at line 2", id="twice"),
        pytest.param(b"\xff", "not UTF-8 text: invalid start byte at byte 0", id="not text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "policy.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError) as refused:
        load_policy(file, CATALOGUE)

    assert str(refused.value).startswith(f"{file}: {problem}")


PLACES = """\
# a = 1
a = [
  # b = 2
  "b = 2",
]

b.c = '''
[d]
e = 5
'''

[d]
e = { f = 1 }

[[g]]
h = 1

# the second
[[g]]
i = 1
[[g.j]]
k = 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(["a"], 2, id="a comment that looks like it"),
        pytest.param(["a", 0], 2, id="in a list"),
        pytest.param(["b", "c"], 7, id="a dotted key"),
        pytest.param(["d"], 12, id="a table, not the text that looks like it"),
        pytest.param(["d", "e", "f"], 13, id="in an inline table"),
        pytest.param(["d", "missing"], 12, id="missing in a table"),
        pytest.param(["g", 0, "h"], 16, id="first table of an array"),
        pytest.param(["g", 1], 19, id="second table of an array"),
        pytest.param(["g", 1, "i"], 20, id="in the second table of an array"),
        pytest.param(["g", 1, "h"], 19, id="missing there"),
        pytest.param(["g", 1, "j", 0, "k"], 22, id="a table in a table"),
        pytest.param(["missing"], None, id="missing at the top"),
        pytest.param([], None, id="the top"),
    ],
)
def test_a_key_is_found_where_it_stands(path: list[str | int], line: int | None) -> None:
    assert line_of(PLACES, path) == line


def enumerations(schema: object) -> Iterator[list[str]]:
    if isinstance(schema, dict):
        yield from ([schema["enum"]] if "enum" in schema else [])
        for part in schema.values():
            yield from enumerations(part)


def test_the_schema_knows_the_words_of_the_code() -> None:
    schema = orjson.loads(files("enricher").joinpath("policies", "policy.schema.json").read_bytes())

    found = [set(words) for words in enumerations(schema)]

    assert found == [
        set(Mode),
        set(Protocol),
        {"secure", "insecure", "unknown"},
        set(Severity),
        {*Reason, *Notice} - {Reason.HELPER_PORT},
    ]
