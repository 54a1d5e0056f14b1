"""Canonical records into files, or onto standard output, exactly as they stand on the topic."""

import fcntl
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from runtime.errors import Unavailable
from runtime.flow import Outcome
from runtime.record import StoredRecord
from sinks.file.records import RecordFile
from sinks.file.rotation import Rotation
from sinks.file.settings import FileSettings
from sinks.sink import Parcel

FILES = {"verdict": "verdicts.ndjson", "alert": "alerts.ndjson", "event": "events.ndjson", "status": "status.ndjson"}


class FileSink:
    """Accepted is what is on the disk. One process writes to a folder at a time."""

    def __init__(self, settings: FileSettings) -> None:
        self._folder = None if settings.to_standard_output else Path(settings.path)
        hours = settings.rotate_hours
        self._rotation = Rotation(settings.rotate_bytes, hours * 3600 if hours else None, settings.keep_files)
        self._lock: int | None = None
        self._files: dict[str, RecordFile] = {}
        self._torn: list[RecordFile] = []

    def send(self, parcels: Iterable[Parcel]) -> Outcome[StoredRecord]:
        if self._folder is None:
            _print([_line(parcel.record) for parcel in parcels])
            return Outcome()
        try:
            self._claim(self._folder)
            self._repair()
            self._append(self._folder, parcels)
        except OSError as error:
            raise Unavailable(f"cannot write to {self._folder}: {error.strerror or error}") from error
        return Outcome()

    def check(self) -> str:
        """Writes an empty batch: folder and permissions are tried, no record is stored. A folder that is in use passes:
        the worker itself may be at work there.
        """
        if self._folder is None:
            return "standard output"
        try:
            if not self._claimed(self._folder):
                return f"folder {self._folder.absolute()}: a worker writes to it now"
            for name in FILES.values():
                self._file(self._folder, name).append([])
        except OSError as error:
            raise Unavailable(f"cannot write to {self._folder}: {error.strerror or error}") from error
        return f"folder {self._folder.absolute()}: can be written to"

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _claim(self, folder: Path) -> None:
        """Two writers would cut each other's lines off. The system frees the lock when the process ends."""
        if not self._claimed(folder):
            raise Unavailable(f"another process writes to {folder}: give each worker a folder of its own")

    def _claimed(self, folder: Path) -> bool:
        """Whether the folder is ours, made where there is none. Raises OSError."""
        if self._lock is not None:
            return True
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._lock = lock
        return True

    def _append(self, folder: Path, parcels: Iterable[Parcel]) -> None:
        """All files or none: after a failure even what did fit is taken back, because all of it comes again."""
        for name, lines in _by_file(parcels).items():
            file = self._file(folder, name)
            self._torn.append(file)
            try:
                file.append(lines)
            except OSError:
                self._repair()
                raise
        self._torn = []

    def _repair(self) -> None:
        """What cannot be cut off now is cut off before the next batch."""
        while self._torn:
            self._torn[-1].cut()
            self._torn.pop()

    def _file(self, folder: Path, name: str) -> RecordFile:
        if name not in self._files:
            self._files[name] = RecordFile(folder / name, self._rotation)
        return self._files[name]


def _by_file(parcels: Iterable[Parcel]) -> Mapping[str, list[bytes]]:
    lines: dict[str, list[bytes]] = {}
    for record, content in parcels:
        lines.setdefault(FILES[content.type], []).append(_line(record))
    return lines


def _line(record: StoredRecord) -> bytes:
    value = record.value
    # between JSON's tokens a line break is a blank; inside its strings there is none
    return (value.replace(b"\n", b" ") if b"\n" in value else value) + b"\n"


def _print(lines: Sequence[bytes]) -> None:
    try:
        sys.stdout.buffer.write(b"".join(lines))
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Unavailable(f"standard output cannot be written to: {error.strerror or error}") from error
