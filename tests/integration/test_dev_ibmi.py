"""The IBM i double speaks Db2 for i to the production driver stack, and breaks when told to."""

import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pyodbc
import pytest

from dev.ibmi import Control, Ibmi, JournalEntry
from dev.ibmi.rewrite import Db2Error, rewrite
from dev.part import Failed
from tests.integration.journal import NOW

# word for word what a machine with IBM's own driver is given
CONNECTION = (
    "DRIVER={IBM i Access ODBC Driver};SYSTEM=prod.example;UID=AUDRDR;PWD=audrdr-password;SSL=1;"
    "CMT=0;CONNTYPE=2;NAM=0;UNICODESQL=1;TRUEAUTOCOMMIT=1;XDYNAMIC=0;BLOCKSIZE=512"
)
ENTRIES = """
SELECT SEQUENCE_NUMBER, "CURRENT_USER", CAST(ENTRY_DATA AS VARBINARY(4096)) AS ESD
  FROM TABLE(QSYS2.DISPLAY_JOURNAL(
         JOURNAL_LIBRARY => 'QSYS', JOURNAL_NAME => 'QAUDJRN',
         STARTING_RECEIVER_LIBRARY => CAST(? AS VARCHAR(10)), STARTING_RECEIVER_NAME => CAST(? AS VARCHAR(10)),
         STARTING_SEQUENCE => CAST(? AS DECIMAL(21,0)), JOURNAL_CODES => 'T', JOURNAL_ENTRY_TYPES => 'SK')) AS J
 FETCH FIRST 1000 ROWS ONLY"""

Connect = Callable[[], pyodbc.Cursor]


@pytest.fixture
def connect(ibmi: Ibmi, control: Control) -> Iterator[Connect]:
    opened: list[pyodbc.Connection] = []

    def open_one() -> pyodbc.Cursor:
        opened.append(pyodbc.connect(CONNECTION, autocommit=True))
        return opened[-1].cursor()

    yield open_one
    ibmi.control.thaw()
    for connection in opened:
        connection.close()


@pytest.fixture
def cursor(connect: Connect) -> pyodbc.Cursor:
    return connect()


def entries(count: int, *, first: int = 2, receiver: str = "AUDRCV0001") -> list[JournalEntry]:
    return [JournalEntry("QGPL", receiver, first + at, NOW, "SK", b"\xc1" * 1070) for at in range(count)]


def sequences(cursor: pyodbc.Cursor, start: int = 1, receiver: str = "AUDRCV0001") -> list[int]:
    return [int(row[0]) for row in cursor.execute(ENTRIES, "QGPL", receiver, Decimal(start)).fetchall()]


@pytest.mark.parametrize(
    ("db2", "postgres"),
    [
        pytest.param("SELECT 1 FROM TABLE(F(A => 1)) AS J", "SELECT 1 FROM F(A => 1) AS J", id="table-function"),
        pytest.param("CAST(X AS VARBINARY(9))", "dbl.varbinary(X, 9)", id="varbinary"),
        pytest.param("CAST(X AS CHAR(5) FOR BIT DATA)", "dbl.varbinary(X, 5)", id="for-bit-data"),
        pytest.param("CAST(X AS VARCHAR(5) CCSID 37)", "CAST(X AS VARCHAR(5))", id="ccsid"),
        pytest.param("CAST(CAST(? AS INTEGER) AS CHAR(1))", "CAST(CAST(? AS INTEGER) AS CHAR(1))", id="nested-casts"),
        pytest.param("SELECT CURRENT TIMESTAMP", "SELECT dbl.local_timestamp()", id="timestamp-register"),
        pytest.param("SELECT CURRENT\n TIMEZONE", "SELECT dbl.timezone()", id="timezone-register"),
        pytest.param("VALUES CURRENT SERVER", "VALUES ( dbl.system_name())", id="values"),
        pytest.param("VALUES (1), (2)", "VALUES (1), (2)", id="values-of-rows"),
        pytest.param("SELECT 1 FROM T WITH UR", "SELECT 1 FROM T", id="isolation"),
        pytest.param("SELECT 1 FROM T FOR READ ONLY WITH UR", "SELECT 1 FROM T", id="two-endings"),
        pytest.param('SELECT "CURRENT_USER"', 'SELECT "current_user"', id="quoted-upper-case-name"),
        pytest.param('SELECT "Mixed"', 'SELECT "Mixed"', id="quoted-mixed-name"),
        pytest.param("SELECT 'CURRENT TIMESTAMP'", "SELECT 'CURRENT TIMESTAMP'", id="text-is-left-alone"),
        pytest.param("SELECT 1 -- CURRENT DATE", "SELECT 1 -- CURRENT DATE", id="comment-is-left-alone"),
        pytest.param(
            'BEGIN;declare "C1" cursor with hold for SELECT CURRENT DATE FROM T WITH UR',
            'BEGIN;declare "C1" cursor with hold for SELECT CAST(dbl.local_timestamp() AS date) FROM T',
            id="the-driver's-cursor",
        ),
    ],
)
def test_db2_is_rewritten_to_what_postgresql_understands(db2: str, postgres: str) -> None:
    assert rewrite(db2) == postgres


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        pytest.param("SELECT X::int FROM T", "42601", id="double-colon"),
        pytest.param("SELECT 1 FROM T WHERE A ILIKE 'x'", "42601", id="ilike"),
        pytest.param("SELECT 1 FROM T LIMIT 1", "42601", id="limit"),
        pytest.param("SELECT 1 FROM TABLE(F(A => ?)) AS J", "42610", id="untyped-marker"),
        pytest.param("SELECT CAST(A, INTEGER) FROM T", "42601", id="cast-without-as"),
        pytest.param("SELECT 1 FROM TABLE(F(A => 1) AS J", "42601", id="unclosed"),
    ],
)
def test_what_db2_would_refuse_is_refused(statement: str, state: str) -> None:
    with pytest.raises(Db2Error) as raised:
        rewrite(statement)

    assert raised.value.state == state


@pytest.mark.parametrize(
    ("statement", "parameters", "state", "words"),
    [
        pytest.param("SELECT * FROM QSYS2.NOSUCH", (), "42704", "SQL0204", id="no-such-table"),
        pytest.param("SELECT NOSUCH FROM SYSIBM.SYSDUMMY1", (), "42703", "SQL0206", id="no-such-column"),
        pytest.param("SELECT 1 FROM TABLE(QSYS2.NOSUCH(A => 1)) AS J", (), "42884", "SQL0440", id="no-such-function"),
        pytest.param("SELEC 1", (), "42601", "SQL0104", id="syntax"),
        pytest.param(
            "SELECT 1 FROM TABLE(QSYS2.DISPLAY_JOURNAL(JOURNAL_LIBRARY => ?, JOURNAL_NAME => ?)) AS J",
            ("QSYS", "QAUDJRN"),
            "42610",
            "SQL0418",
            id="untyped-marker",
        ),
        pytest.param(
            "SELECT 1 FROM TABLE(QSYS2.DISPLAY_JOURNAL(JOURNAL_LIBRARY => 'QSYS', JOURNAL_NAME => 'NONE')) AS J",
            (),
            "38501",
            "CPF9801",
            id="no-such-journal",
        ),
        pytest.param(ENTRIES, ("QGPL", "AUDRCV0009", 1), "38501", "CPF9801 Object AUDRCV0009", id="no-such-receiver"),
        pytest.param(ENTRIES, ("QGPL", "AUDRCV0001", 0), "38501", "CPF7054", id="before-the-first-entry"),
    ],
)
def test_errors_carry_db2s_states_and_ids(
    cursor: pyodbc.Cursor, statement: str, parameters: tuple[object, ...], state: str, words: str
) -> None:
    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute(statement, *parameters).fetchall()

    assert raised.value.args[0] == state
    assert words in raised.value.args[1]


def test_entries_are_repeated_with_higher_numbers(control: Control, connect: Connect) -> None:
    control.append(JournalEntry("QGPL", "AUDRCV0001", number, NOW, "SK", bytes([number])) for number in (3, 4, 9))

    control.repeat(2)

    found = connect().execute(ENTRIES, "QGPL", "AUDRCV0001", Decimal(1)).fetchall()
    assert [(int(row[0]), row[2]) for row in found] == [
        (number + times * 7, bytes([number])) for times in range(3) for number in (3, 4, 9)
    ]
    assert control.attached().last_sequence == 23


def test_a_refused_statement_leaves_the_connection_usable(cursor: pyodbc.Cursor) -> None:
    with pytest.raises(pyodbc.Error):
        cursor.execute("SELECT 1::int FROM SYSIBM.SYSDUMMY1")

    assert cursor.execute("SELECT IBMREQD FROM SYSIBM.SYSDUMMY1").fetchone()[0] == "Y"


def test_columns_are_named_in_upper_case(cursor: pyodbc.Cursor) -> None:
    cursor.execute("SELECT * FROM QSYS2.JOURNAL_RECEIVER_INFO")

    names = {column[0] for column in cursor.description}
    assert {"JOURNAL_RECEIVER_LIBRARY", "JOURNAL_RECEIVER_NAME", "STATUS", "LAST_SEQUENCE_NUMBER"} <= names


def test_the_attached_receiver_is_named_alike_in_every_view(control: Control, cursor: pyodbc.Cursor) -> None:
    new = control.rotate()

    journal = cursor.execute("SELECT ATTACHED_JOURNAL_RECEIVER_NAME FROM QSYS2.JOURNAL_INFO").fetchone()[0]
    security = cursor.execute("SELECT AUDIT_JOURNAL_RECEIVER FROM QSYS2.SECURITY_INFO").fetchone()[0]
    listed = cursor.execute(
        "SELECT JOURNAL_RECEIVER_NAME FROM QSYS2.JOURNAL_RECEIVER_INFO WHERE STATUS = 'ATTACHED'"
    ).fetchone()[0]

    assert {journal, security, listed} == {new}


def test_entries_come_back_as_they_were_written(control: Control, cursor: pyodbc.Cursor) -> None:
    data = bytes(range(256)) * 4
    control.append([JournalEntry("QGPL", "AUDRCV0001", 2, NOW, "SK", data, user="QTCP")])

    rows = cursor.execute(ENTRIES, "QGPL", "AUDRCV0001", 1).fetchall()

    assert [tuple(row) for row in rows] == [(Decimal(2), "QTCP", data)]


def test_entries_are_written_all_or_nothing(control: Control, cursor: pyodbc.Cursor) -> None:
    control.append(entries(1))

    with pytest.raises(Failed, match="duplicate key"):
        control.append(entries(3, first=1))

    assert sequences(cursor) == [2]
    assert control.attached().last_sequence == 2


def test_a_rotation_takes_two_numbers_and_a_reset_starts_at_one(control: Control) -> None:
    control.append(entries(1))

    second = control.rotate()
    after_second = control.attached()
    control.rotate(reset_sequence=True)

    assert (second, after_second.last_sequence) == ("AUDRCV0002", 4)
    assert control.attached() == ("QGPL", "AUDRCV0003", 1)


def test_local_time_follows_the_offset_from_utc(control: Control, cursor: pyodbc.Cursor) -> None:
    control.set_clock(None)
    control.set_utc_offset(0)
    utc = cursor.execute("VALUES CURRENT TIMESTAMP").fetchone()[0]

    control.set_utc_offset(-(3 * 3600 + 1800))
    local, zone = cursor.execute("SELECT CURRENT TIMESTAMP, CURRENT TIMEZONE FROM SYSIBM.SYSDUMMY1").fetchone()

    assert -12600 <= (local - utc).total_seconds() < -12600 + 60
    assert zone == Decimal("-33000")


def test_authority_can_be_taken_away_and_given_back(control: Control, cursor: pyodbc.Cursor) -> None:
    control.append(entries(1))
    control.revoke_receiver("AUDRCV0001")

    with pytest.raises(pyodbc.Error, match="CPF9802"):
        sequences(cursor)
    control.grant_receiver("AUDRCV0001")

    assert sequences(cursor) == [2]


def test_audit_values_are_hidden_without_audit_authority(control: Control, cursor: pyodbc.Cursor) -> None:
    control.set_audit_authority(granted=False)

    values = dict(
        map(
            tuple,
            cursor.execute("SELECT SYSTEM_VALUE_NAME, CURRENT_CHARACTER_VALUE FROM QSYS2.SYSTEM_VALUE_INFO").fetchall(),
        )
    )

    assert values["QAUDLVL"] == "*NOTAVL"
    assert values["QTIMZON"] == "QN0000UTC"


@pytest.mark.parametrize(
    ("as_error", "expected"), [pytest.param(False, "rows", id="no-rows"), pytest.param(True, "CPF7054", id="an-error")]
)
def test_asking_beyond_the_head_gives_what_was_chosen(
    control: Control, cursor: pyodbc.Cursor, as_error: bool, expected: str
) -> None:
    control.append(entries(1))
    control.set_head_is_an_error(as_error)

    try:
        found = "rows" if sequences(cursor, start=3) == [] else "too many rows"
    except pyodbc.Error as error:
        (found,) = re.findall(r"CPF\w{4}", error.args[1])

    assert found == expected


def test_a_refused_password_looks_as_psqlodbc_gives_it(control: Control, connect: Connect) -> None:
    control.refuse_password()

    with pytest.raises(pyodbc.Error, match="password authentication failed") as raised:
        connect()
    control.accept_password()

    assert raised.value.args[0] == "08001"
    assert connect().execute("VALUES 1").fetchone()[0] == 1


def test_a_dropped_connection_is_a_lost_link(control: Control, connect: Connect) -> None:
    cursor = connect()
    control.drop_connections()

    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute("VALUES 1")

    assert raised.value.args[0] == "08S01"
    assert connect().execute("VALUES 1").fetchone()[0] == 1


def test_a_link_can_break_within_a_page(control: Control, connect: Connect) -> None:
    control.append(entries(100))
    cursor = connect()
    control.drop_after(50)

    with pytest.raises(pyodbc.Error):
        sequences(cursor)

    assert len(sequences(connect())) == 100


def test_a_frozen_partition_answers_again_once_it_is_thawed(control: Control, connect: Connect) -> None:
    cursor = connect()
    answered = threading.Event()
    control.freeze()

    def ask() -> None:
        cursor.execute("VALUES 1").fetchall()
        answered.set()

    asking = threading.Thread(target=ask)
    asking.start()
    early = answered.wait(0.3)
    control.thaw()

    assert not early
    assert answered.wait(30)
    asking.join()


def test_statements_are_remembered_as_they_were_asked(control: Control, cursor: pyodbc.Cursor) -> None:
    control.forget_statements()

    cursor.execute("SELECT CURRENT TIMESTAMP FROM SYSIBM.SYSDUMMY1")

    assert control.statements() == ["SELECT CURRENT TIMESTAMP FROM SYSIBM.SYSDUMMY1"]


def test_the_journal_survives_a_crash(control: Control, ibmi: Ibmi, connect: Connect) -> None:
    control.append(entries(5))

    ibmi.kill()
    ibmi.start()

    assert ibmi.control.attached().last_sequence == 6
    assert sequences(connect()) == [2, 3, 4, 5, 6]
