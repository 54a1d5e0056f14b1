"""The only module that knows pyodbc: the connection string, and one connection whose every call is bounded."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from producer.odbc_errors import classify, spoils_connection
from producer.settings import IbmiSettings
from runtime.bounded import Bounded
from runtime.errors import ConfigError, LoginRefused

if TYPE_CHECKING:
    import pyodbc

Parameter = str | Decimal | datetime
Cells = tuple[object, ...]
T = TypeVar("T")

LOGIN_SECONDS = 30

# no commitment control, autocommit, SQL naming; a page arrives in blocks of 512 KB
_KEYWORDS = "CMT=0;CONNTYPE={};NAM=0;UNICODESQL=1;TRUEAUTOCOMMIT=1;XDYNAMIC=0;BLOCKSIZE=512"
_READ_ONLY, _READ_AND_CALL = 2, 1
_FORBIDS_CALLS = re.compile(r"(?:^|;)\s*(?:CONNTYPE|ConnectionType)\s*=\s*2\s*(?:;|$)", re.IGNORECASE)
_NEEDS_BRACES = frozenset("[]{}(),;?*=!@")


@dataclass(frozen=True, slots=True)
class Table:
    """What a query brought, with the names of its columns as the driver gives them."""

    columns: Sequence[str]
    rows: Sequence[Cells]


def connection_string(settings: IbmiSettings, *, calls: bool = False) -> str:
    """What the driver manager gets; it holds the password. Read only, unless procedures must be called.

    Raises ConfigError for what is missing or cannot be said.
    """
    if settings.connection_string:
        return _given(settings.connection_string.get_secret_value(), calls=calls)
    if not (settings.dsn or settings.system):
        raise ConfigError("SK2SIEM_IBMI__SYSTEM is missing: name the IBM i, or a data source in SK2SIEM_IBMI__DSN")
    keywords = _KEYWORDS.format(_READ_AND_CALL if calls else _READ_ONLY)
    return f"{_where(settings)};{_login(settings)}SSL={int(settings.tls)};{keywords}"


class Login:
    """What all connections of a process share: one logs in at a time, and a refusal counts for all.

    Each try with a wrong password counts towards disabling the profile (QMAXSIGN); after a link was lost, several
    connections would otherwise try together.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._refused: LoginRefused | None = None

    def connect(self, connect: "Callable[[], pyodbc.Connection]") -> "pyodbc.Connection":
        """A new connection. Raises what `classify` makes of an error, and a refusal again without trying."""
        import pyodbc

        with self._lock:
            if self._refused:
                raise LoginRefused(str(self._refused)) from self._refused
            try:
                return connect()
            except pyodbc.Error as error:
                meaning = classify(error.args)
                if isinstance(meaning, LoginRefused):
                    self._refused = meaning
                raise meaning from error


class Odbc:
    """One connection to one IBM i, opened when it is needed and given up after every failure of the link.

    A refused password is remembered in `login` and never tried again. No time-out of the driver is used: a frozen
    link blocks those as well, and on IBM i a query time-out also refuses what is merely estimated to take long.
    `session` changes with each connection and each loss: what a job keeps, such as QTEMP, is gone then.
    """

    def __init__(
        self, settings: IbmiSettings, bounded: Bounded, *, calls: bool = False, login: Login | None = None
    ) -> None:
        _require_pyodbc()
        self.session = 0
        self._connection_string = connection_string(settings, calls=calls)
        self._bounded = bounded
        self._connection: pyodbc.Connection | None = None
        self._login = login or Login()

    def query(self, what: str, sql: str, *parameters: Parameter) -> Sequence[Cells]:
        """All rows of one statement. Raises the errors of `runtime.errors` and `producer.odbc_errors`."""
        return self._bounded(what, lambda: self._execute(sql, parameters, _rows))

    def table(self, what: str, sql: str, *parameters: Parameter) -> Table:
        """The same with the names of the columns."""
        return self._bounded(what, lambda: self._execute(sql, parameters, _table))

    def run(self, what: str, sql: str, *parameters: Parameter) -> None:
        """A statement that gives no rows."""
        self._bounded(what, lambda: self._execute(sql, parameters, _nothing))

    def close(self) -> None:
        """Let go of the connection; never raises."""
        if self._connection:
            self._bounded("closing the connection to the IBM i", self._discard)

    def _execute(self, sql: str, parameters: Sequence[Parameter], take: "Callable[[pyodbc.Cursor], T]") -> T:
        import pyodbc

        try:
            return take(self._connected().execute(sql, *parameters))
        except pyodbc.Error as error:
            meaning = classify(error.args)
            if spoils_connection(error.args):
                self._discard()
            raise meaning from error

    def _connected(self) -> "pyodbc.Connection":
        import pyodbc

        if self._connection is None:
            self._connection = self._login.connect(
                lambda: pyodbc.connect(self._connection_string, autocommit=True, timeout=LOGIN_SECONDS)
            )
            self.session += 1
        return self._connection

    def _discard(self) -> None:
        import pyodbc

        connection, self._connection = self._connection, None
        self.session += 1
        try:
            if connection:
                connection.close()
        except pyodbc.Error:
            pass  # the link is gone already


def _rows(cursor: "pyodbc.Cursor") -> Sequence[Cells]:
    return [tuple(row) for row in cursor.fetchall()]


def _table(cursor: "pyodbc.Cursor") -> Table:
    return Table([column[0] for column in cursor.description], _rows(cursor))


def _nothing(cursor: "pyodbc.Cursor") -> None:
    cursor.close()


def _given(text: str, *, calls: bool) -> str:
    if calls and _FORBIDS_CALLS.search(text):
        raise ConfigError(
            "SK2SIEM_IBMI__CONNECTION_STRING says CONNTYPE=2, which forbids the calls that the reader cpyaudjrne "
            "makes: say CONNTYPE=1"
        )
    return text


def _where(settings: IbmiSettings) -> str:
    if settings.dsn:
        return f"DSN={_value('DSN', settings.dsn)}"
    return f"DRIVER={{{settings.driver}}};SYSTEM={_value('SYSTEM', settings.system)}"


def _login(settings: IbmiSettings) -> str:
    """Empty where a data source holds user and password itself."""
    if settings.dsn and not settings.username and not settings.password:
        return ""
    if not settings.username or not settings.password:
        raise ConfigError("SK2SIEM_IBMI__USERNAME and SK2SIEM_IBMI__PASSWORD are both needed: name the user profile")
    password = _value("PASSWORD", settings.password.get_secret_value())
    return f"UID={_value('USERNAME', settings.username)};PWD={password};"


def _value(setting: str, text: str) -> str:
    """A keyword's value; one that could be taken for another keyword stands in braces."""
    if "\0" in text:
        raise ConfigError(f"SK2SIEM_IBMI__{setting} contains a null character, which no ODBC driver takes")
    if _NEEDS_BRACES & set(text) or text != text.strip():
        return "{" + text.replace("}", "}}") + "}"
    return text


def _require_pyodbc() -> None:
    try:
        import pyodbc  # noqa: F401
    except ImportError as error:
        raise ConfigError(f"pyodbc cannot be loaded ({error}): install unixODBC (libodbc.so.2)") from error
