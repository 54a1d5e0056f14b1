"""What an ODBC error means to the loop, by its SQLSTATE and the ids in its text (CPF: of DSPJRN, CPYAUDJRNE)."""

import re
from collections.abc import Callable, Sequence

from runtime.errors import ConfigError, Halt, LoginRefused, PipelineError, Unavailable


class NoEntries(Unavailable):
    """The journal says that it has nothing in the range asked for: normal, not a fault."""


class PlaceInDoubt(Unavailable):
    """The range asked for was refused: perhaps it is gone. Only the list of receivers can tell."""


class ReceiverDamaged(Unavailable):
    """The receiver asked for cannot be read at all, now or later."""


class Refused(Unavailable):
    """The table function failed without saying why: the reason stands in the job log only."""


class NotAuthorised(Halt):
    """This profile lacks an authority."""


class Lacking(Halt):
    """This release, or its level of Db2 PTFs, lacks what was asked for."""


_AUTHORITY = "not authorised: grant *USE and *OBJEXIST on the journal, *USE on its receivers, *EXECUTE on the libraries"
_COMMAND = "CPYAUDJRNE is refused: it needs special authority *AUDIT, and may write into QTEMP; look at the job log"
_REQUEST = "the journal refuses the request as such: check the settings and the release of IBM i"

_CPF: dict[str, Callable[[str], PipelineError]] = {
    **dict.fromkeys(("CPF7062", "CPF4AA4"), NoEntries),
    **dict.fromkeys(("CPF7025", "CPF7053", "CPF7054", "CPF9801", "CPF9810", "CPF9812"), PlaceInDoubt),
    "CPF708D": ReceiverDamaged,
    **dict.fromkeys(("CPF9802", "CPF9820", "CPF9822"), lambda text: NotAuthorised(f"{_AUTHORITY} ({text})")),
    **dict.fromkeys(("CPF7055", "CPF7057", "CPF7060", "CPF7065", "CPF7074"), lambda text: Halt(f"{_REQUEST} ({text})")),
    **dict.fromkeys(("CPF222E", "CPFB303", "CPFB304", "CPFB30A", "CPF0006"), lambda text: Halt(f"{_COMMAND} ({text})")),
}
_CPF_ID = re.compile(r"\bCPF[0-9A-F]{4}\b")
_PASSWORD = re.compile(r"\bCWBSY00\d\d\b|password authentication failed", re.IGNORECASE)
_LOGIN_STATES = ("28000", "28P01")
_NO_DRIVER = re.compile(r"Can't open lib|Data source name not found", re.IGNORECASE)
# SQL0204 object, SQL0440 routine, SQL0206 column not found
_NOT_THERE = ("42704", "42884", "42703")
_EXTERNAL_ROUTINE = "38"
_LONGEST = 300

# states after which the same connection serves on: the statement failed, not the link
_STATEMENT_ONLY = ("38", "42")


def classify(arguments: Sequence[object]) -> PipelineError:
    """The loop's error for the arguments of a pyodbc error: SQLSTATE, then text.

    What is not known here is Unavailable: the link may be at fault, and a new one helps.
    """
    state, text = _state(arguments), _text(arguments)
    if state in _LOGIN_STATES or _PASSWORD.search(text):
        return LoginRefused(
            f"the IBM i refused the user profile or its password ({text}): correct it and restart; it is not tried "
            "again, because each try counts towards disabling the profile"
        )
    if state.startswith("IM") or _NO_DRIVER.search(text):
        return ConfigError(
            f"the ODBC driver or data source is missing ({text}): drivers are in odbcinst.ini, data sources in odbc.ini"
        )
    for cpf in _CPF_ID.findall(text):
        if cpf in _CPF:
            return _CPF[cpf](text)
    return _by_state(state, text)


def spoils_connection(arguments: Sequence[object]) -> bool:
    """Whether the connection must be given up after this error."""
    return not _state(arguments).startswith(_STATEMENT_ONLY)


def _by_state(state: str, text: str) -> PipelineError:
    if state.startswith(_EXTERNAL_ROUTINE):
        return Refused(text)
    if state in ("42501", "42502"):
        return NotAuthorised(f"{_AUTHORITY} ({text})")
    if state.startswith("42"):
        return (Lacking if state in _NOT_THERE else Halt)(
            f"Db2 for i refuses a statement; this release may lack a service that it needs ({text})"
        )
    if state == "HY106":
        return Halt(f"the ODBC driver gives a type that cannot be read ({text})")
    return Unavailable(f"the IBM i cannot be read now ({text})")


def _state(arguments: Sequence[object]) -> str:
    return str(arguments[0]) if arguments else ""


def _text(arguments: Sequence[object]) -> str:
    return " ".join(" ".join(str(argument) for argument in arguments[1:]).split())[:_LONGEST] or _state(arguments)
