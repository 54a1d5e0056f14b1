"""What a partition says of its connections at this moment: QSYS2.NETSTAT_INFO and NETSTAT_JOB_INFO (WRKTCPSTS)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from producer.fields import normalise
from producer.journal_sql import number, text
from producer.odbc import Cells, Odbc
from producer.odbc_errors import NotAuthorised, Refused
from runtime.errors import CheckFailed

LISTEN = "LISTEN"
UNKNOWN_PROFILE = "PROFILE"

_SOCKETS = """
SELECT PROTOCOL, LOCAL_ADDRESS, LOCAL_PORT, LOCAL_PORT_NAME, REMOTE_ADDRESS, REMOTE_PORT, REMOTE_PORT_NAME,
       TCP_STATE, IDLE_TIME
  FROM QSYS2.NETSTAT_INFO
"""

_OWNERS = """
SELECT LOCAL_ADDRESS, LOCAL_PORT, REMOTE_ADDRESS, REMOTE_PORT, JOB_NAME, AUTHORIZATION_NAME
  FROM QSYS2.NETSTAT_JOB_INFO
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A job that has the socket open (`number/user/name`), and the profile that it runs under."""

    job: str
    profile: str | None


@dataclass(frozen=True, slots=True)
class Socket:
    """A connection, a listener or a UDP socket.

    `local_name` and `remote_name` are what the service table calls the ports. A listener that takes any address has
    no local one; without a remote port there is no other end.
    """

    transport: str
    local_address: str | None
    local_port: int
    local_name: str | None
    remote_address: str | None
    remote_port: int | None
    remote_name: str | None
    state: str | None
    idle_seconds: float
    owners: tuple[Owner, ...] = ()

    @property
    def is_listener(self) -> bool:
        return self.state == LISTEN or (self.transport == "udp" and self.remote_port is None)

    @property
    def is_connection(self) -> bool:
        """Of TCP, with another end that may still send something."""
        return self.transport == "tcp" and self.remote_port is not None and self.state in _ALIVE


_ALIVE = frozenset({"ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2"})
_NO_AUTHORITY = (
    "this profile may not see the connections of the system: from IBM i 7.6 on, QSYS2.NETSTAT_INFO needs special "
    "authority *IOSYSCFG or the function usage QIBM_IOSYSCFG_VIEW; let a security officer run "
    "CHGFCNUSG FCNID(QIBM_IOSYSCFG_VIEW) USER({profile}) USAGE(*ALLOWED)"
)


class Netstat:
    """The questions about connections, over one connection; `profile` names the user in what is said to do."""

    def __init__(self, odbc: Odbc, profile: str = "") -> None:
        self._odbc = odbc
        self._profile = profile or UNKNOWN_PROFILE

    def sockets(self) -> Sequence[Socket]:
        """All sockets with their owners. Raises CheckFailed where this profile may not see them.

        No rows mean the same: the connection that asks is one.
        """
        try:
            found = self._odbc.query("asking for connections", _SOCKETS)
            owners = _owners(self._odbc.query("asking who owns them", _OWNERS))
        except (NotAuthorised, Refused) as error:
            raise CheckFailed(_NO_AUTHORITY.format(profile=self._profile)) from error
        if not found:
            raise CheckFailed(_NO_AUTHORITY.format(profile=self._profile))
        return [_socket(cells, owners) for cells in found]


_Ends = tuple[str | None, int, str | None, int | None]


def _socket(cells: Cells, owners: Mapping[_Ends, Sequence[Owner]]) -> Socket:
    protocol, local, local_port, local_name, remote, remote_port, remote_name, state, idle = cells
    ends = _ends(local, local_port, remote, remote_port)
    return Socket(
        transport=(text(protocol) or "").lower(),
        local_address=ends[0],
        local_port=ends[1],
        local_name=text(local_name),
        remote_address=ends[2],
        remote_port=ends[3],
        remote_name=text(remote_name),
        state=text(state),
        idle_seconds=float(str(idle or 0)),
        owners=tuple(owners.get(ends, ())),
    )


def _owners(rows: Iterable[Cells]) -> Mapping[_Ends, Sequence[Owner]]:
    owners: defaultdict[_Ends, list[Owner]] = defaultdict(list)
    for *ends, job, profile in rows:
        if name := text(job):
            owners[_ends(*ends)].append(Owner(name, text(profile)))
    return owners


def _ends(local: object, local_port: object, remote: object, remote_port: object) -> _Ends:
    return _address(local), number(local_port), _address(remote), number(remote_port) or None


def _address(cell: object) -> str | None:
    """As it stands in the records; none for the unspecified one, and for the `0` of a listener."""
    address = normalise(text(cell) or "")
    return None if address is None or address.family is None else address.text
