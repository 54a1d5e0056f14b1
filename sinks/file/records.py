"""One file of records, one a line, whose end is always a whole record: what a crash or a full disk tore is cut off."""

import os
from collections.abc import Sequence
from pathlib import Path

from runtime.logs import log
from sinks.file.rotation import NEVER, Rotation
from sinks.unreached import words

BLOCK = 65536


class RecordFile:
    """Appends lines, all or none. Its methods raise OSError. A file that was moved away is begun anew."""

    def __init__(self, path: Path, rotation: Rotation = NEVER) -> None:
        self._path = path
        self._rotation = rotation
        self._file = self._open()
        self._end = os.fstat(self._file).st_size
        self._said_kept = False

    def append(self, lines: Sequence[bytes]) -> None:
        """On the disk when it returns; when it raises, the lines may be there in part, until `cut`."""
        self._end = os.fstat(self._file).st_size  # whatever fails below, `cut` takes back no earlier batch
        self._reopen_if_moved()
        if lines and self._rotation.is_due(os.fstat(self._file)):
            self._rotation.put_aside(self._path)
            self._delete_old()
            self._reopen_if_moved()
        left = memoryview(b"".join(lines))
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)

    def cut(self) -> None:
        """Take back the last `append`."""
        os.ftruncate(self._file, self._end)

    def close(self) -> None:
        os.close(self._file)

    def _open(self) -> int:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            _cut_torn_line(file)
            _sync_folder(self._path.parent)
        except OSError:
            os.close(file)
            raise
        return file

    def _reopen_if_moved(self) -> None:
        try:
            moved = not os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            moved = True
        if moved:
            fresh = self._open()
            os.close(self._file)
            self._file, self._end = fresh, os.fstat(fresh).st_size

    def _delete_old(self) -> None:
        """One that cannot be deleted holds nothing up: it is said once, and tried again with the next rotation."""
        kept = None
        for old in self._rotation.too_many(self._path):
            try:
                old.unlink(missing_ok=True)
            except OSError as error:
                kept = error
        if kept and not self._said_kept:
            log.warning("an old file cannot be deleted", file=kept.filename, why=words(kept))
        self._said_kept = kept is not None


def _cut_torn_line(file: int) -> None:
    """A last line without its end was never acknowledged: it comes again."""
    end = os.fstat(file).st_size
    start = end
    while start > 0:
        start = max(0, start - BLOCK)
        found = os.pread(file, min(BLOCK, end - start), start).rfind(b"\n")
        if found >= 0:
            start += found + 1
            break
    if start < end:
        os.ftruncate(file, start)


def _sync_folder(folder: Path) -> None:
    """A new file survives a power cut only once its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
