"""The PostgreSQL cluster behind the double: found, initialised once, filled once, started as a child."""

import asyncio
import hashlib
import shutil
import subprocess
from pathlib import Path

from dev import fetch
from dev.ibmi import account
from dev.ibmi.wire import Wire
from dev.part import Failed, Missing, accepts

USER, PASSWORD = "AUDRDR", "audrdr-password"

_SQL = Path(__file__).parent / "sql"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # what is committed must survive its own crash, not the machine's
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}
_WHO_MAY_ENTER = "host all control 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def install() -> None:
    """Raises Missing, with what to install."""
    if _bin_folder() and odbc_driver():
        return
    fetch.debian("postgresql", "odbc-postgresql", "unixodbc", "odbcinst")
    if not _bin_folder() or not odbc_driver():
        raise Missing("PostgreSQL's initdb or psqlodbcw.so was not found: install postgresql and odbc-postgresql")


def odbc_driver() -> Path | None:
    """psqlODBC's Unicode driver."""
    return next(iter(sorted(Path("/usr/lib").glob("**/psqlodbcw.so"))), None)


class Cluster:
    """One cluster in `folder`, listening on `port` of 127.0.0.1 while it runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._as_user: list[str] = []
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Initialise what is not there, start, and return when the schema answers. Raises Failed or Missing."""
        self._as_user = account.words(self._folder.parent)
        self._initialise_once()
        for _ in range(20):  # after a kill, the children of the last one need a moment to let go of its memory
            self._process = await self._launch()
            if await self._answers():
                self._load_once()
                return
            await asyncio.sleep(0.25)
        raise Failed(f"PostgreSQL did not start on {self._folder}; its last words stand above")

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        assert self._process
        return await self._process.wait()

    async def stop(self) -> None:
        """A fast shutdown: sessions are ended, data are written."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(2)
            await self._process.wait()

    def _initialise_once(self) -> None:
        if self._folder.exists():
            return
        fresh = self._folder.with_name(self._folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        command: list[str | Path] = [
            *self._as_user,
            _tool("initdb"),
            "--pgdata",
            fresh,
            "--no-sync",
            "--no-locale",
            "--encoding=UTF8",
            "--username=control",
            "--auth=trust",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=fresh)
        if done.returncode != 0:
            raise Failed(f"initdb failed: {done.stderr.strip()}")
        (fresh / "pg_hba.conf").write_text(_WHO_MAY_ENTER)
        fresh.rename(self._folder)

    async def _launch(self) -> asyncio.subprocess.Process:
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        # should this process be killed, PostgreSQL ends as well
        as_user = [*(self._as_user or ["setpriv"]), "--pdeathsig=INT"]
        command = [*as_user, _tool("postgres"), "-D", str(self._folder), f"--port={self.port}", *settings]
        return await asyncio.create_subprocess_exec(*command, cwd=self._folder)

    async def _answers(self) -> bool:
        """Whether it came up; False when it ended instead."""
        assert self._process
        while self._process.returncode is None:
            if accepts(self.port) and await asyncio.to_thread(self._is_ready):
                return True
            await asyncio.sleep(0.05)
        return False

    def _is_ready(self) -> bool:
        try:
            Wire(self.port).close()
        except (OSError, Failed):
            return False
        return True

    def _load_once(self) -> None:
        script = "".join(file.read_text() for file in sorted(_SQL.glob("*.sql")))
        version = hashlib.sha256(script.encode()).hexdigest()
        with Wire(self.port) as wire:
            if wire.query("SELECT to_regclass('public.loaded')") == [(None,)]:
                wire.run(f"{script}\nCREATE TABLE public.loaded AS SELECT '{version}' AS version")
            elif wire.query("SELECT version FROM public.loaded") != [(version,)]:
                raise Failed(f"{self._folder} was made by another version of the double: delete it")


def _tool(name: str) -> str:
    folder = _bin_folder()
    if not folder:
        raise Missing(f"PostgreSQL's {name} was not found: install postgresql")
    return str(folder / name)


def _bin_folder() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return newest_first[0].parent if newest_first else None
