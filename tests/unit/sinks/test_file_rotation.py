"""Files are put aside whole: by size, by time, and no more are kept than wanted."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from runtime.errors import Unavailable
from sinks.file.records import RecordFile
from sinks.file.rotation import Rotation
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from tests.fakes.clock import FakeClock
from tests.unit.sinks.samples import ALERT, parcel, verdict

HOUR = 3600.0
NOON = 1_800_000_000.0 // HOUR * HOUR
LINE = b'{"id":"x"}\n'


def contents(folder: Path) -> list[bytes]:
    """Oldest first: those that were put aside, then the present one."""
    old = sorted(folder.glob("records.ndjson.*"))
    return [path.read_bytes() for path in (*old, folder / "records.ndjson")]


def test_a_file_that_is_full_is_put_aside_before_the_next_batch(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=3 * len(LINE), clock=clock))

    for _ in range(3):
        file.append([LINE, LINE])
        clock.advance(1)
    file.close()

    assert contents(tmp_path) == [LINE * 4, LINE * 2]


def test_a_file_of_an_earlier_hour_is_put_aside_even_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "records.ndjson"
    first = RecordFile(path, Rotation(every_seconds=HOUR))
    first.append([LINE])
    first.close()
    later = FakeClock(path.stat().st_mtime + HOUR)

    second = RecordFile(path, Rotation(every_seconds=HOUR, clock=later))
    second.append([LINE, LINE])
    second.append([LINE])
    second.close()

    assert contents(tmp_path)[0] == LINE


def test_a_quiet_period_leaves_no_empty_file(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(every_seconds=HOUR, clock=clock))

    for _ in range(5):
        file.append([])
        clock.advance(HOUR)
    file.close()

    assert contents(tmp_path) == [b""]


def test_the_name_says_when(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=1, clock=FakeClock(1_795_313_700.0)))

    file.append([LINE])
    file.append([LINE])
    file.close()

    assert (tmp_path / "records.ndjson.20261122T021500000000Z").exists()


@pytest.mark.parametrize(("keep", "expected"), [(0, 6), (1, 2), (3, 4)])
def test_no_more_are_kept_than_wanted(tmp_path: Path, keep: int, expected: int) -> None:
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=1, keep=keep, clock=clock))

    for _ in range(6):
        clock.advance(1)
        file.append([LINE])
    file.close()

    assert len(contents(tmp_path)) == expected


def test_each_kind_of_record_has_files_of_its_own_and_nothing_is_lost(tmp_path: Path) -> None:
    sink = FileSink(FileSettings(path=str(tmp_path), rotate_bytes=4096))

    for start in range(0, 100, 10):
        sink.send([parcel(verdict(number)) for number in range(start, start + 10)])
    sink.send([parcel(ALERT)])
    sink.close()

    files = sorted(tmp_path.glob("verdicts.ndjson*"))
    assert len(files) > 5
    assert sum(path.read_bytes().count(b"\n") for path in files) == 100
    assert len(list(tmp_path.glob("alerts.ndjson*"))) == 1


def test_a_folder_that_cannot_be_written_to_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = FileSink(FileSettings(path=str(tmp_path), rotate_bytes=1024))
    sink.send([parcel(verdict(number)) for number in range(10)])

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(Unavailable, match="Permission denied"):
        sink.send([parcel(verdict(11))])
    monkeypatch.undo()
    sink.send([parcel(verdict(11))])
    sink.close()

    assert sum(path.read_bytes().count(b"\n") for path in tmp_path.glob("verdicts.ndjson*")) == 11


def test_a_file_that_was_moved_away_when_a_rotation_was_due_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "records.ndjson"
    file = RecordFile(path, Rotation(max_bytes=1))
    file.append([LINE])

    path.rename(tmp_path / "moved")
    file.append([LINE, LINE])
    file.close()

    assert ((tmp_path / "moved").read_bytes(), contents(tmp_path)) == (LINE, [LINE * 2])


def test_a_rotation_that_failed_half_way_is_finished_with_the_next_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = FileSink(FileSettings(path=str(tmp_path), rotate_bytes=1024))
    sink.send([parcel(verdict(number)) for number in range(10)])

    def refuse(self: RecordFile) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RecordFile, "_open", refuse)
    with pytest.raises(Unavailable, match="No space left"):
        sink.send([parcel(verdict(11))])
    monkeypatch.undo()
    sink.send([parcel(verdict(11))])
    sink.close()

    assert [path.read_bytes().count(b"\n") for path in sorted(tmp_path.glob("verdicts.ndjson*"))] == [1, 10]


def test_an_old_file_that_cannot_be_deleted_holds_nothing_up_and_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "records.ndjson.20200101T000000000000Z").mkdir()
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=1, keep=1, clock=clock))

    with capture_logs() as said:
        for _ in range(4):
            clock.advance(1)
            file.append([LINE])
    file.close()

    assert [one["event"] for one in said] == ["an old file cannot be deleted"]
    assert len([path for path in tmp_path.iterdir() if path.is_file()]) == 2


def test_after_the_clock_was_set_back_the_oldest_are_deleted_and_not_the_newest(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=1, keep=2, clock=clock))

    for number in range(5):
        clock.advance(1 if number < 3 else -HOUR)
        file.append([b"%d\n" % number])
    file.close()

    assert contents(tmp_path) == [b"2\n", b"3\n", b"4\n"]


def test_a_name_that_is_not_of_ours_is_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "records.ndjson.copied.by.Z"
    foreign.write_bytes(LINE)
    clock = FakeClock(NOON)
    file = RecordFile(tmp_path / "records.ndjson", Rotation(max_bytes=1, keep=1, clock=clock))

    for _ in range(4):
        clock.advance(1)
        file.append([LINE])
    file.close()

    assert foreign.exists()
    assert len(contents(tmp_path)) == 3
