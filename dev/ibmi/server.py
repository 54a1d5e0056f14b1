"""The IBM i double as a part of the local stack: its ports, its ODBC configuration, its start and its end."""

import json
import sys
from pathlib import Path
from typing import Self

from dev.ibmi import cluster
from dev.ibmi.control import Control
from dev.part import STACK, Failed, Process, accepts, free_port, require_free

PORT = 18471
DRIVER = "IBM i Access ODBC Driver"

_ROOT = Path(__file__).resolve().parents[2]


class Ibmi:
    """One partition on 127.0.0.1; its journal in `data` survives stop, kill and a new start."""

    def __init__(self, port: int = PORT, data: Path = STACK / "ibmi") -> None:
        self.port = port
        self.data = data.absolute()
        self._process = Process("ibmi", self.data)
        self._control: Control | None = None

    @property
    def url(self) -> str:
        return f"odbc://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def control(self) -> Control:
        """What an operator and a fault could do to the partition; it must run."""
        if self._control is None:
            self._control = Control(*self._inner_ports())
        return self._control

    def environment(self) -> dict[str, str]:
        """What unixODBC and psqlODBC read, so that the production connection string finds this double."""
        return {
            "ODBCSYSINI": str(self.data / "odbc"),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGDATABASE": "postgres",
            "PGSSLMODE": "disable",
        }

    def exports(self) -> dict[str, str]:
        return {
            **self.environment(),
            "SK2SIEM_IBMI__SYSTEM": "IBMIDBL",
            "SK2SIEM_IBMI__USERNAME": cluster.USER,
            "SK2SIEM_IBMI__PASSWORD": cluster.PASSWORD,
        }

    def install(self) -> None:
        cluster.install()

    def start(self) -> None:
        self.install()
        self._process.require_stopped()
        require_free("ibmi", self.port)
        self._write_odbc_configuration()
        postgres_port, control_port = self._choose_inner_ports()
        words = ["--folder", self.data / "postgres", "--port", self.port, "--postgres-port", postgres_port]
        command = [sys.executable, "-m", "dev.ibmi.serve", *map(str, words), "--control-port", str(control_port)]
        self._process.start(command, env={"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"})
        self._process.wait_until(lambda: accepts(self.port), seconds=90)

    def stop(self) -> None:
        self._let_go()
        self._process.stop()

    def kill(self) -> None:
        self._let_go()
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _let_go(self) -> None:
        if self._control:
            self._control.close()
            self._control = None

    def _write_odbc_configuration(self) -> None:
        folder = self.data / "odbc"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "odbcinst.ini").write_text(f"[{DRIVER}]\nDriver={cluster.odbc_driver()}\n")
        (folder / "odbc.ini").touch()

    def _choose_inner_ports(self) -> tuple[int, int]:
        ports = free_port(), free_port()
        (self.data / "ports.json").write_text(json.dumps(ports))
        return ports

    def _inner_ports(self) -> tuple[int, int]:
        if self.pid is None:
            raise Failed(f"the IBM i double does not run on {self.data}: start it first")
        postgres_port, control_port = json.loads((self.data / "ports.json").read_text())
        return postgres_port, control_port
