"""What the ODBC border makes of settings and of a driver's errors."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from producer.odbc import Login, Odbc, connection_string
from producer.odbc_errors import (
    NoEntries,
    PlaceInDoubt,
    ReceiverDamaged,
    Refused,
    classify,
    spoils_connection,
)
from producer.settings import IbmiSettings
from runtime.bounded import Bounded
from runtime.errors import ConfigError, Halt, LoginRefused, PipelineError, Unavailable
from runtime.shutdown import Shutdown

IBM = "[IBM][System i Access ODBC Driver]"
FUNCTION = f"{IBM}[DB2 for i5/OS]SQL0443 - Trigger program or external routine detected an error. "


@pytest.mark.parametrize(
    ("arguments", "meaning"),
    [
        pytest.param(("28000", f"{IBM}CWBSY0002 - Password for user AUDRDR is not correct"), LoginRefused, id="28000"),
        pytest.param(
            ("08001", f"{IBM}CWBSY0002 - Password is not correct, rc=8002"), LoginRefused, id="08001-CWBSY0002"
        ),
        pytest.param(("08001", f"{IBM}CWBSY0011 - User is disabled"), LoginRefused, id="profile-disabled"),
        pytest.param(
            ("08001", '[08001] FATAL:  password authentication failed for user "audrdr"\n (101)'),
            LoginRefused,
            id="psqlODBC-password",
        ),
        pytest.param(("08001", f"{IBM}cannot connect"), Unavailable, id="host-down"),
        pytest.param(("08004", f"{IBM}comm rc=10061 - CWBCO1049"), Unavailable, id="server-not-started"),
        pytest.param(
            ("08S01", f"{IBM}Communication link failure. comm rc=10054 - CWBCO1047"), Unavailable, id="link-lost"
        ),
        pytest.param(("HYT00", "Login timeout expired"), Unavailable, id="login-time-out"),
        pytest.param(("HY000", "General error"), Unavailable, id="unknown-state"),
        pytest.param((), Unavailable, id="an-error-without-arguments"),
        pytest.param(("38501", f"{FUNCTION}CPF7062 No entries converted"), NoEntries, id="CPF7062"),
        pytest.param(("38501", f"{FUNCTION}CPF4AA4 No entries for some types"), NoEntries, id="CPF4AA4"),
        pytest.param(("38501", f"{FUNCTION}CPF222E *AUDIT special authority is required"), Halt, id="CPF222E"),
        pytest.param(("38501", f"{FUNCTION}CPFB304"), Halt, id="CPYAUDJRNE-refused"),
        pytest.param(("38501", f"{FUNCTION}CPF7053 Values for RCVRNG; reason code 4"), PlaceInDoubt, id="CPF7053"),
        pytest.param(("38501", f"{FUNCTION}CPF7054 FROM and TO values not valid"), PlaceInDoubt, id="CPF7054"),
        pytest.param(("38501", f"{FUNCTION}CPF9801 Object AUDRCV0001 not found"), PlaceInDoubt, id="CPF9801"),
        pytest.param(("38501", f"{FUNCTION}CPF9810 Library QGPL not found"), PlaceInDoubt, id="CPF9810"),
        pytest.param(("38501", f"{FUNCTION}CPF9812 File not found"), PlaceInDoubt, id="CPF9812"),
        pytest.param(("38501", f"{FUNCTION}CPF7025 Receiver not found"), PlaceInDoubt, id="CPF7025"),
        pytest.param(("38501", f"{FUNCTION}CPF708D Receiver logically damaged"), ReceiverDamaged, id="CPF708D"),
        pytest.param(("38501", f"{FUNCTION}CPF9802 Not authorized to object"), Halt, id="CPF9802"),
        pytest.param(("38501", f"{FUNCTION}CPF9820 Not authorized to use library"), Halt, id="CPF9820"),
        pytest.param(("38501", f"{FUNCTION}CPF9822 Not authorized to file"), Halt, id="CPF9822"),
        pytest.param(("38501", f"{FUNCTION}CPF7065 ENTTYP not valid for JRNCDE"), Halt, id="CPF7065"),
        pytest.param(("38501", f"{FUNCTION}CPF7055 Maximum number exceeded"), Halt, id="CPF7055"),
        pytest.param(("38501", f"{FUNCTION}CPF9803 Cannot allocate object"), Unavailable, id="CPF9803-locked"),
        pytest.param(("38501", f"{FUNCTION}CPF7061 Conversion failed"), Unavailable, id="CPF7061"),
        pytest.param(("38501", FUNCTION), Refused, id="the-reason-stands-in-the-job-log"),
        pytest.param(("HY000", f"{FUNCTION}CPF9802 Not authorized"), Halt, id="a-CPF-id-under-another-state"),
        pytest.param(("42501", f"{IBM}SQL0551 - Not authorized to object"), Halt, id="42501"),
        pytest.param(("42704", f"{IBM}SQL0204 - DISPLAY_JOURNAL not found"), Halt, id="42704"),
        pytest.param(("HY106", "ODBC SQL type -98 is not yet supported"), Halt, id="BLOB-type"),
        pytest.param(("IM002", "Data source name not found"), ConfigError, id="no-data-source"),
        pytest.param(("01000", "Can't open lib 'libcwbodbc.so' : file not found"), ConfigError, id="no-driver-library"),
    ],
)
def test_an_error_means_what_the_loop_has_to_do(arguments: tuple[object, ...], meaning: type[PipelineError]) -> None:
    error = classify(arguments)

    assert isinstance(error, meaning)
    assert isinstance(error, LoginRefused) == (meaning is LoginRefused)


def test_a_locked_receiver_is_not_taken_for_a_refusal_without_reason_alone() -> None:
    error = classify(("38501", f"{FUNCTION}CPF9803 Cannot allocate object"))

    assert not isinstance(error, PlaceInDoubt | Halt)
    assert "CPF9803" in str(error)


def test_a_refused_password_is_waited_for_without_end() -> None:
    error = classify(("28000", f"{IBM}CWBSY0002"))

    assert isinstance(error, LoginRefused)
    assert error.retry_after == float("inf")


@pytest.mark.parametrize(
    ("state", "spoils"),
    [
        pytest.param("38501", False, id="table-function"),
        pytest.param("42704", False, id="statement"),
        pytest.param("08S01", True, id="link"),
        pytest.param("HY000", True, id="unknown"),
        pytest.param("57014", True, id="cancelled"),
    ],
)
def test_only_an_error_of_the_statement_leaves_the_connection_usable(state: str, spoils: bool) -> None:
    assert spoils_connection((state, "text")) is spoils


def test_a_text_of_many_lines_becomes_one_short_one() -> None:
    error = classify(("08S01", "first\n\tsecond\n" + "x" * 5000))

    assert "\n" not in str(error)
    assert len(str(error)) < 400


def settings(**changes: object) -> IbmiSettings:
    values: dict[str, object] = {"system": "prod.example", "username": "AUDRDR", "password": "secret"}
    return IbmiSettings.model_validate(values | changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {},
            "DRIVER={IBM i Access ODBC Driver};SYSTEM=prod.example;UID=AUDRDR;PWD=secret;SSL=1;",
            id="over-TLS-unless-told-otherwise",
        ),
        pytest.param({"tls": False}, "UID=AUDRDR;PWD=secret;SSL=0;", id="clear-text"),
        pytest.param({"dsn": "PROD"}, "DSN=PROD;UID=AUDRDR;PWD=secret;SSL=1;", id="data-source"),
        pytest.param(
            {"dsn": "PROD", "username": "", "password": None}, "DSN=PROD;SSL=1;CMT=0", id="data-source-with-a-login"
        ),
        pytest.param({"password": "a;SSL=0"}, "PWD={a;SSL=0};SSL=1;", id="a-password-cannot-add-a-keyword"),
        pytest.param({"password": "a}b{;"}, "PWD={a}}b{;};SSL=1;", id="braces-in-a-password"),
        pytest.param({"password": " a "}, "PWD={ a };SSL=1;", id="blanks-around-a-password"),
        pytest.param({"driver": "Client Access"}, "DRIVER={Client Access};SYSTEM", id="another-driver"),
    ],
)
def test_the_connection_string_says_what_the_settings_say(changes: dict[str, object], expected: str) -> None:
    assert expected in connection_string(settings(**changes))


def test_the_journal_is_read_without_commitment_control_and_read_only() -> None:
    keywords = connection_string(settings()).split(";")

    assert {"CMT=0", "CONNTYPE=2", "NAM=0", "XDYNAMIC=0"} <= set(keywords)


def test_a_reader_that_calls_procedures_gets_a_connection_that_may_but_may_not_write() -> None:
    assert "CONNTYPE=1" in connection_string(settings(), calls=True).split(";")


def test_a_connection_string_that_forbids_calls_is_refused_where_they_are_needed() -> None:
    given = IbmiSettings(connection_string=SecretStr("DSN=X;PWD=secret;ConnType=2"))

    with pytest.raises(ConfigError, match="CONNTYPE=1") as raised:
        connection_string(given, calls=True)

    assert "secret" not in str(raised.value)
    assert connection_string(given).endswith("ConnType=2")


def test_a_whole_connection_string_is_taken_as_it_is() -> None:
    given = IbmiSettings(connection_string=SecretStr("DSN=X;UID=y"))

    assert connection_string(given) == "DSN=X;UID=y"


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        pytest.param({"system": ""}, "SK2SIEM_IBMI__SYSTEM", id="no-system"),
        pytest.param({"username": ""}, "SK2SIEM_IBMI__USERNAME", id="no-user"),
        pytest.param({"password": None}, "SK2SIEM_IBMI__PASSWORD", id="no-password"),
        pytest.param({"dsn": "PROD", "username": ""}, "SK2SIEM_IBMI__USERNAME", id="data-source-and-half-a-login"),
        pytest.param({"password": "a\0b"}, "SK2SIEM_IBMI__PASSWORD", id="null-in-the-password"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, object], variable: str) -> None:
    with pytest.raises(ConfigError, match=variable) as raised:
        connection_string(settings(**changes))

    assert "secret" not in str(raised.value)


def test_a_refused_password_is_tried_once_by_all_connections_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError)
    tries: list[str] = []

    def refuse(text: str, **_: object) -> None:
        tries.append(text)
        raise pyodbc.Error("28000", f"{IBM}CWBSY0002 - Password for user AUDRDR is not correct")

    monkeypatch.setattr(pyodbc, "connect", refuse)
    login = Login()
    connections = [Odbc(settings(), Bounded(Shutdown()), login=login) for _ in range(4)]

    def ask(connection: Odbc) -> str:
        with pytest.raises(LoginRefused) as raised:
            connection.query("asking", "VALUES 1")
        return str(raised.value)

    with ThreadPoolExecutor(4) as threads:
        answers = set(threads.map(ask, connections * 3))

    assert len(tries) == 1
    assert len(answers) == 1


def test_a_link_that_is_lost_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError)
    tries: list[str] = []

    def fail(text: str, **_: object) -> None:
        tries.append(text)
        raise pyodbc.Error("08001", f"{IBM}cannot connect")

    monkeypatch.setattr(pyodbc, "connect", fail)
    connection = Odbc(settings(), Bounded(Shutdown()))

    for _ in range(2):
        with pytest.raises(Unavailable):
            connection.query("asking", "VALUES 1")

    assert len(tries) == 2
