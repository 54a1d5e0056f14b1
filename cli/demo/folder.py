"""The demo's folder: only what a demo made itself is ever deleted."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import Self

from runtime.errors import ConfigError

MARKER = ".sk2siem-demo"
FILES = ("broker.db*", "verdicts.ndjson*", "alerts.ndjson*", "events.ndjson*", "status.ndjson*")
LOGS = "logs"


class Folder:
    """Marked as a demo's and locked while one runs. Raises ConfigError where it is somebody else's."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    @property
    def broker(self) -> Path:
        return self.path / "broker.db"

    def log(self, service: str) -> Path:
        return self.path / LOGS / f"{service}.log"

    def results(self) -> list[Path]:
        """What there is to look at, shown relative to the current folder where it is inside it."""
        found = [*sorted(self.path.glob("*.ndjson")), self.broker, self.path / LOGS]
        return [_as_seen_from_here(file) for file in found]

    @property
    def shown(self) -> Path:
        """The folder itself, in the same way."""
        return _as_seen_from_here(self.path)

    def __enter__(self) -> Self:
        try:
            self._take()
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be used: {error.strerror}; choose another with --output") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def _take(self) -> None:
        if self.path.exists() and not (self.path / MARKER).exists() and any(self.path.iterdir()):
            raise ConfigError(f"{self.path} holds files that are not a demo's; choose another folder with --output")
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / MARKER, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"another demo runs in {self.path}; wait for it, or choose --output") from error
        self._clean()

    def _clean(self) -> None:
        for pattern in FILES:
            for file in self.path.glob(pattern):
                file.unlink()
        shutil.rmtree(self.path / LOGS, ignore_errors=True)
        (self.path / LOGS).mkdir()


def _as_seen_from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
