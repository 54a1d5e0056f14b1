"""What the double has indexed: the events as received, one line each, in a file that a SIGKILL cannot take back."""

import os
import tempfile
import threading
from collections.abc import Sequence
from io import FileIO
from pathlib import Path


class Indexed:
    """An append-only list of lines; without a path it lives as long as the process."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = _open(path)
        self._size = _drop_torn_line(self._file)
        self._count = os.pread(self._file.fileno(), self._size, 0).count(b"\n")

    @property
    def count(self) -> int:
        return self._count

    @property
    def size_bytes(self) -> int:
        return self._size

    def append(self, lines: Sequence[str]) -> None:
        """When this returns, the lines are with the operating system: the process may die, they stay."""
        if not lines:
            return
        content = ("\n".join(lines) + "\n").encode()
        with self._lock:
            _write_all(self._file, content)
            self._size += len(content)
            self._count += len(lines)

    def read(self) -> bytes:
        return os.pread(self._file.fileno(), self._size, 0)

    def clear(self) -> None:
        with self._lock:
            self._file.truncate(0)
            self._size = self._count = 0

    def close(self) -> None:
        self._file.close()


def _open(path: Path | None) -> FileIO:
    if path is not None:
        return FileIO(path, "a+b")
    with tempfile.NamedTemporaryFile(prefix="hec-", suffix=".ndjson") as nameless:
        return FileIO(nameless.name, "a+b")


def _drop_torn_line(file: FileIO) -> int:
    """Cut off what a SIGKILL left of a line; return the size."""
    size = os.fstat(file.fileno()).st_size
    whole = os.pread(file.fileno(), size, 0).rfind(b"\n") + 1
    if whole < size:
        file.truncate(whole)
    return whole


def _write_all(file: FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) or 0 :]
