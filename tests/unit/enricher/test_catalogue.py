"""The port catalogue has every port that IBM i uses, and refuses files that say something else than they mean."""

from pathlib import Path

import pytest

from enricher.catalogue import Catalogue, PortEntry, Speaks, TlsBy, Transport, load_catalogue
from runtime.errors import ConfigError
from schemas.records import Direction

CATALOGUE = load_catalogue()
TCP, UDP = Transport.TCP, Transport.UDP
CLEAR, TLS, UPGRADABLE, OWN = Speaks.CLEARTEXT, Speaks.TLS, Speaks.UPGRADABLE, Speaks.OWN_SCHEME

PAIRS = [
    *((8470 + n, 9470 + n, CLEAR) for n in range(7)),
    (23, 992, CLEAR),
    (21, 990, UPGRADABLE),
    (20, 989, UPGRADABLE),
    (446, 448, CLEAR),
    (447, 448, CLEAR),
    (2001, 2010, CLEAR),
    (2002, 2003, CLEAR),
    (2004, 2005, CLEAR),
    (2006, 2007, CLEAR),
    (389, 636, UPGRADABLE),
    (5544, 5566, CLEAR),
    (5555, 5566, CLEAR),
    (25, 465, UPGRADABLE),
    (587, 465, UPGRADABLE),
    (110, 995, UPGRADABLE),
    (143, 993, UPGRADABLE),
    (80, 443, CLEAR),
    (8080, 443, CLEAR),
]
SINGLE = [
    (TCP, 449, Speaks.HELPER),
    (TCP, 9480, TLS),
    *((TCP, port, CLEAR) for port in (8477, 8478, 8479, 8480, 512, 515, 139, 111, 2049, 53, 137, 138)),
    *((TCP, port, OWN) for port in (3000, 2300, 2301, 2323, 3001, 3002, 445, 1414, 5577, 4026, 3825)),
    (TCP, 22, Speaks.ENCRYPTED),
    (TCP, 8076, TLS),
    *((UDP, port, CLEAR) for port in (161, 53, 67, 68, 69, 123, 137, 138, 111, 2049)),
]
NAMES = {
    22: "ssh",
    25: "smtp",
    53: "domain",
    80: "http",
    389: "ldap",
    443: "https",
    445: "microsoft-ds",
    636: "ldaps",
    992: "telnet-ssl",
    993: "imaps",
    995: "pop3s",
    1433: "ms-sql-s",
    3306: "mysql",
    3389: "ms-wbt-server",
    5432: "postgresql",
    9471: "as-database-s",
}


@pytest.mark.parametrize(("clear", "secure", "speaks"), [pytest.param(*pair, id=str(pair[0])) for pair in PAIRS])
def test_a_clear_port_of_ibm_i_knows_its_secure_twin(clear: int, secure: int, speaks: Speaks) -> None:
    entry = CATALOGUE.get(TCP, clear)

    twin = CATALOGUE.twin(entry)

    assert entry is not None
    assert twin is not None
    assert (entry.speaks, twin.port, twin.speaks) == (speaks, secure, TLS)


@pytest.mark.parametrize(
    ("transport", "port", "speaks"), [pytest.param(*row, id=f"{row[1]}-{row[0].value}") for row in SINGLE]
)
def test_a_port_without_a_twin_is_classed(transport: Transport, port: int, speaks: Speaks) -> None:
    entry = CATALOGUE.get(transport, port)

    assert entry is not None
    assert (entry.speaks, entry.twin) == (speaks, None)


@pytest.mark.parametrize(("port", "name"), [pytest.param(port, name, id=name) for port, name in NAMES.items()])
def test_usual_ports_have_their_usual_names(port: int, name: str) -> None:
    entry = CATALOGUE.get(TCP, port)

    assert entry is not None
    assert entry.service == name


@pytest.mark.parametrize("port", [992, 990, 989, 448, 636, 9470, 9471, 9472, 9473, 9474, 9475, 9476, 9480])
def test_tls_of_the_ibm_i_servers_is_system_tls(port: int) -> None:
    assert CATALOGUE.ports[TCP, port].tls_by is TlsBy.SYSTEM


def test_the_tls_of_java_servers_is_not_system_tls() -> None:
    assert CATALOGUE.ports[TCP, 8076].tls_by is TlsBy.OTHER


def test_the_database_jobs_tell_clear_text_from_tls() -> None:
    assert (CATALOGUE.ports[TCP, 8471].job, CATALOGUE.ports[TCP, 9471].job) == ("QZDASOINIT", "QZDASSINIT")


@pytest.mark.parametrize(
    ("direction", "local", "remote", "transport", "service"),
    [
        pytest.param(Direction.INBOUND, 40005, 50123, TCP, "ftp-data-passive", id="inbound, in the range"),
        pytest.param(Direction.INBOUND, 40007, 50123, TCP, "orders", id="inbound, listed by itself"),
        pytest.param(Direction.INBOUND, 40011, 50123, TCP, None, id="inbound, outside the range"),
        pytest.param(Direction.INBOUND, 40005, 50123, UDP, None, id="over UDP"),
        pytest.param(Direction.OUTBOUND, 50123, 40005, TCP, None, id="a high port of another system"),
        pytest.param(Direction.OUTBOUND, 40005, 50123, TCP, None, id="the system is the client"),
    ],
)
def test_passive_ftp_is_known_by_the_local_port_of_the_server(
    tmp_path: Path, direction: Direction, local: int, remote: int, transport: Transport, service: str | None
) -> None:
    text = 'passive_ftp = ["40000-40010"]\n[[port]]\nport = 40007\nservice = "orders"\nspeaks = "tls"\n'

    match = with_site(tmp_path, text).match(direction, local, remote, transport=transport)

    assert (match.entry.service if match.entry else None) == service


def test_passive_ftp_data_may_go_over_to_system_tls(tmp_path: Path) -> None:
    catalogue = with_site(tmp_path, "passive_ftp = [40000]\n")

    entry = catalogue.match(Direction.INBOUND, 40000, 50123, transport=TCP).entry

    assert entry == PortEntry(40000, TCP, "ftp-data-passive", UPGRADABLE, TlsBy.SYSTEM)
    assert catalogue.content() != CATALOGUE.content()
    assert CATALOGUE.passive_ftp == frozenset()


@pytest.mark.parametrize(
    ("direction", "local", "remote", "transport", "service", "is_local"),
    [
        pytest.param(Direction.INBOUND, 23, 50123, TCP, "telnet", True, id="inbound by the local port"),
        pytest.param(Direction.INBOUND, 50123, 23, TCP, None, True, id="inbound never by the remote port"),
        pytest.param(Direction.OUTBOUND, 40001, 443, TCP, "https", False, id="outbound by the remote port"),
        pytest.param(Direction.OUTBOUND, 23, 50123, TCP, None, False, id="outbound never by the local port"),
        pytest.param(Direction.OUTBOUND, 20, 50123, TCP, "ftp-data", True, id="active FTP data by the local port"),
        pytest.param(Direction.OUTBOUND, 989, 50123, TCP, "ftps-data", True, id="active FTP data over TLS"),
        pytest.param(Direction.INBOUND, 514, 50123, TCP, "shell", True, id="514 over TCP"),
        pytest.param(Direction.INBOUND, 514, 50123, UDP, "syslog", True, id="514 over UDP"),
        pytest.param(Direction.OUTBOUND, 123, 161, UDP, "snmp", False, id="outbound UDP"),
        pytest.param(Direction.OUTBOUND, 161, 50123, UDP, "snmp", True, id="outbound UDP, an answer"),
        pytest.param(Direction.OUTBOUND, 40123, 5999, UDP, None, False, id="outbound UDP, neither is listed"),
        pytest.param(Direction.INBOUND, 40123, 53, UDP, "domain", False, id="inbound UDP, an answer"),
        pytest.param(Direction.INBOUND, 40123, 5999, UDP, None, True, id="inbound UDP, neither is listed"),
        pytest.param(Direction.UNKNOWN, 992, 50123, TCP, "telnet-ssl", True, id="unknown: the local port is listed"),
        pytest.param(Direction.UNKNOWN, 50123, 443, TCP, "https", False, id="unknown: the remote port is listed"),
        pytest.param(Direction.UNKNOWN, 50123, 50124, TCP, None, True, id="unknown: neither is"),
        pytest.param(Direction.INBOUND, None, None, TCP, None, True, id="no ports at all"),
    ],
)
def test_the_direction_says_which_port_tells_the_service(
    direction: Direction,
    local: int | None,
    remote: int | None,
    transport: Transport,
    service: str | None,
    is_local: bool,
) -> None:
    match = CATALOGUE.match(direction, local, remote, transport=transport)

    assert (match.entry.service if match.entry else None, match.is_local) == (service, is_local)
    assert match.port == (local if is_local else remote)


def site(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    return file


def with_site(tmp_path: Path, text: str) -> Catalogue:
    return load_catalogue(site(tmp_path, text))


def test_a_site_changes_only_the_fields_that_it_gives(tmp_path: Path) -> None:
    catalogue = with_site(tmp_path, '[[port]]\nport = 23\nspeaks = "tls"\ntls_by = "system"\n')

    entry = catalogue.ports[TCP, 23]

    assert (entry.speaks, entry.tls_by) == (TLS, TlsBy.SYSTEM)
    assert (entry.service, entry.twin, entry.job) == ("telnet", 992, "QTVTELNET")


def test_a_site_adds_ports_and_ranges(tmp_path: Path) -> None:
    text = '[[port]]\nports = [40000, "40100-40102"]\nservice = "ftp-passive"\nspeaks = "upgradable"\ntwin = 989\n'

    catalogue = with_site(tmp_path, text)

    assert {port for (_, port), entry in catalogue.ports.items() if entry.service == "ftp-passive"} == {
        40000,
        40100,
        40101,
        40102,
    }
    assert catalogue.ports[TCP, 40101] == PortEntry(40101, TCP, "ftp-passive", UPGRADABLE, twin=989)
    assert catalogue.ports.items() >= CATALOGUE.ports.items()


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        pytest.param("\npassive_ftp = [0]\n", 2, "key passive_ftp: 0 is not a port", id="no passive port"),
        pytest.param("[[port]]\nport = 70000\n", 2, "key port.port: 70000 is not a port", id="not a port"),
        pytest.param("[[port]]\nport = true\n", 2, "key port.port: True is not a port", id="truth for a port"),
        pytest.param(
            '[[port]]\nports = ["9-5"]\n', 2, "key port.ports: '9-5' ends before it starts", id="range backwards"
        ),
        pytest.param('[[port]]\nports = ["a-b"]\n', 2, "key port.ports: 'a-b' is neither", id="not a range"),
        pytest.param("[[port]]\nports = 5\n", 2, "key port.ports: a list of ports expected", id="ports not a list"),
        pytest.param('[[port]]\nservice = "x"\n', 1, "key port: either port or ports expected", id="no port"),
        pytest.param("[[port]]\nport = 5\nports = [6]\n", 1, "key port: either port or ports", id="port and ports"),
        pytest.param("# c\n[[port]]\nport = 7777\n", 2, "key port.service: missing for port 7777", id="no service"),
        pytest.param('[[port]]\nport = 7777\nservice = ""\n', 3, "key port.service: text expected", id="empty service"),
        pytest.param('[[port]]\nport = 7777\nservice = "x"\n', 1, "key port.speaks: missing; one of", id="no speaks"),
        pytest.param(
            '[[port]]\nport = 23\nspeaks = "Klingon"\n', 3, "key port.speaks: one of cleartext", id="bad speaks"
        ),
        pytest.param('[[port]]\nport = 23\ntls_by = "me"\n', 3, "key port.tls_by: one of system", id="bad tls_by"),
        pytest.param(
            '[[port]]\nport = 23\ntransport = "x25"\n', 3, "key port.transport: one of tcp", id="bad transport"
        ),
        pytest.param(
            '[[port]]\nport = 23\ntransport = ["x"]\n', 3, "key port.transport: a list of", id="bad transports"
        ),
        pytest.param("[[port]]\nport = 23\noutbound_local = 1\n", 3, "key port.outbound_local: true or", id="bad flag"),
        pytest.param(
            "[[port]]\nport = 23\nsecure = true\n", 3, "key port.secure: unknown; known here", id="unknown key"
        ),
        pytest.param(
            "[[ports]]\nport = 23\n", 1, "key ports: unknown; known here: passive_ftp, port", id="unknown table"
        ),
        pytest.param("port = 23\n", 1, "key port: tables expected", id="no table"),
        pytest.param(
            "[[port]]\nport = 23\n\n[[port]]\nports = [22, 23]\n",
            4,
            "key port: port 23 (tcp) stands in this file twice",
            id="twice",
        ),
        pytest.param("[[port]]\nport = 23\ntwin = 993000\n", 3, "key port.twin: 993000 is not a port", id="bad twin"),
        pytest.param(
            "[[port]]\nport = 23\ntwin = 7777\n", 3, "key port.twin: port 7777 (tcp) is not listed", id="lost twin"
        ),
        pytest.param(
            "[[port]]\nport = 23\ntwin = 8470\n",
            3,
            "key port.twin: port 8470 (as-central) is cleartext: tls or encrypted expected",
            id="twin in clear text",
        ),
        pytest.param(
            '[[port]]\nport = 992\nspeaks = "cleartext"\n',
            3,
            "key port.speaks: port 23 (telnet) has 992 as its secure twin",
            id="twin no longer secure",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_key(tmp_path: Path, text: str, line: int, problem: str) -> None:
    file = site(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load_catalogue(file)

    assert str(refused.value).startswith(f"{file}, line {line}, {problem}")
    assert "\n" not in str(refused.value)


def test_each_mistake_is_told_once(tmp_path: Path) -> None:
    text = """\
passive_ftp = [0]
[[port]]
ports = ["7000-7010"]
speaks = "tls"
[[port]]
port = 23
speaks = "Klingon"
[[port]]
port = 22
colour = "red"
"""
    file = site(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load_catalogue(file)

    lines = str(refused.value).splitlines()
    assert sorted(line.removeprefix(f"{file}, ").partition(": ")[0] for line in lines) == [
        "line 1, key passive_ftp",
        "line 10, key port.colour",
        "line 2, key port.service",
        "line 7, key port.speaks",
    ]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load_catalogue(tmp_path / "none.toml")


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site\.toml: not TOML: .*line 2"):
        with_site(tmp_path, "[[port]]\nport =\n")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_bytes(b"# \xff\n")

    with pytest.raises(ConfigError, match="not UTF-8 text: invalid start byte at byte 2"):
        load_catalogue(file)
