"""The hands of an operator on what the double says besides its journal: sockets, scheduled jobs, PTF groups."""

from datetime import date, time

from dev.ibmi.wire import Wire

ANYWHERE = "0.0.0.0"


class Network:
    """Acts over the connection of `Control`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def reset(self) -> None:
        """No sockets, no scheduled jobs, every authority, the PTF group of Db2 at level 4."""
        self._wire.query("SELECT dbl.reset_network()")

    def listen(
        self, port: int, name: str | None = None, *, address: str = ANYWHERE, job: str = "", udp: bool = False
    ) -> None:
        """A server awaits connections; `name` is what the service table calls the port."""
        anywhere = "::" if ":" in address else "0.0.0.0"
        self._add("UDP" if udp else "TCP", (address, port, name), (anywhere, 0, None), None if udp else "LISTEN", job)

    def connect(
        self,
        local: tuple[str, int, str | None],
        remote: tuple[str, int, str | None],
        *,
        state: str = "ESTABLISHED",
        job: str = "",
        idle: float = 0,
    ) -> None:
        """A TCP connection; an end is its address, its port and what the service table calls that. `job` is
        number/user/name; several are separated by blanks."""
        self._add("TCP", local, remote, state, job, idle)

    def disconnect(self, remote: str, port: int) -> None:
        self._wire.query("DELETE FROM dbl.sockets WHERE remote_address = $1 AND remote_port = $2", remote, port)

    def set_connections_authority(self, kind: str) -> None:
        """`granted`, `refused` (an error) or `silent` (no rows): *IOSYSCFG or QIBM_IOSYSCFG_VIEW, from 7.6 on."""
        self._wire.query("UPDATE dbl.network_authority SET connections = $1", kind)

    def set_job_control(self, *, granted: bool) -> None:
        """*JOBCTL, without which only the names of other people's scheduled jobs are shown."""
        self._wire.query("UPDATE dbl.network_authority SET job_control = $1", granted)

    def set_ptf_authority(self, *, granted: bool) -> None:
        """*USE authority to the command WRKPTFGRP."""
        self._wire.query("UPDATE dbl.network_authority SET ptf_groups = $1", granted)

    def schedule(self, name: str, at: time, *, days: str = "*ALL", frequency: str = "*WEEKLY", following: date) -> None:
        """An entry of WRKJOBSCDE; `following` is the day of its next submission."""
        self._wire.query(
            "INSERT INTO dbl.scheduled_jobs (name, at, days, frequency, next_date) VALUES ($1, $2, $3, $4, $5)",
            name,
            at.isoformat(),
            days,
            frequency,
            following.isoformat(),
        )

    def set_release(self, version: int, release: int) -> None:
        self._wire.query("UPDATE dbl.partition SET os_version = $1, os_release = $2", str(version), str(release))

    def set_ptf_group(self, name: str, level: int | None) -> None:
        """The level at which a group is installed; None takes it away."""
        self._wire.query("DELETE FROM dbl.ptf_groups WHERE name = $1", name)
        if level is not None:
            self._wire.query("INSERT INTO dbl.ptf_groups VALUES ($1, $2, 'INSTALLED')", name, level)

    def withdraw(self, service: str) -> None:
        """A release that lacks this service of QSYS2, until the next reset."""
        self._wire.query("SELECT dbl.withdraw($1)", service)

    def _add(
        self,
        protocol: str,
        local: tuple[str, int, str | None],
        remote: tuple[str, int, str | None],
        state: str | None,
        jobs: str,
        idle: float = 0,
    ) -> None:
        ((socket,),) = self._wire.query(
            "INSERT INTO dbl.sockets (protocol, local_address, local_port, local_name, remote_address, remote_port,"
            " remote_name, state, idle) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ord",
            protocol,
            *local,
            *remote,
            state,
            str(idle),
        )
        for job in jobs.split():
            self._wire.query("INSERT INTO dbl.socket_owners VALUES ($1, $2, $3)", int(str(socket)), _user(job), job)


def _user(job: str) -> str:
    return job.split("/")[1]
