"""Files of records: whole lines only, whatever happens between two of them."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.errors import Unavailable
from schemas.codec import encode
from sinks.file.records import RecordFile
from sinks.file.settings import FileSettings
from sinks.file.sink import FileSink
from sinks.sink import Forwarded
from tests.unit.sinks.samples import ALERT, EVENT, SAMPLES, STATUS, VERDICT, parcel

Open = Callable[[], FileSink]


@pytest.fixture
def open_sink(tmp_path: Path) -> Iterator[Open]:
    opened: list[FileSink] = []

    def make() -> FileSink:
        opened.append(FileSink(FileSettings(path=str(tmp_path / "out"))))
        return opened[-1]

    yield make
    for sink in opened:
        sink.close()


def lines(tmp_path: Path, name: str) -> list[bytes]:
    return (tmp_path / "out" / name).read_bytes().splitlines(keepends=True)


def line(content: Forwarded) -> bytes:
    return encode(content) + b"\n"


@contextmanager
def disk_of(bytes_per_file: int) -> Iterator[None]:
    """The system refuses to let a file grow past this size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_per_file, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_records_are_written_as_they_stand_on_the_topic(open_sink: Open, tmp_path: Path) -> None:
    open_sink().send([parcel(content) for content in SAMPLES.values()])

    assert lines(tmp_path, "verdicts.ndjson") == [
        line(SAMPLES[n]) for n in ("verdict", "correction", "failed-handshake")
    ]
    assert lines(tmp_path, "alerts.ndjson") == [line(SAMPLES[n]) for n in ("alert", "gap-alert")]
    assert lines(tmp_path, "events.ndjson") == [line(SAMPLES[n]) for n in ("helper-port", "dhcp")]
    assert lines(tmp_path, "status.ndjson") == [line(STATUS)]


def test_what_a_crash_tore_is_repaired_at_the_next_start(open_sink: Open, tmp_path: Path) -> None:
    first = open_sink()
    first.send([parcel(VERDICT)])
    first.close()
    with (tmp_path / "out" / "verdicts.ndjson").open("ab") as file:
        file.write(line(VERDICT)[:-20])

    open_sink().send([parcel(SAMPLES["correction"])])

    assert lines(tmp_path, "verdicts.ndjson") == [line(VERDICT), line(SAMPLES["correction"])]


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"torn", b"", id="only a torn line"),
        pytest.param(b"whole\n", b"whole\n", id="whole"),
        pytest.param(b"whole\ntorn", b"whole\n", id="torn at the end"),
        pytest.param(b"whole\n" + b"x" * 200_000, b"whole\n", id="a torn line longer than a block"),
        pytest.param(b"x" * 200_000, b"", id="nothing but a long torn line"),
        pytest.param(b"y" * 65_535 + b"\n" + b"x" * 65_536, b"y" * 65_535 + b"\n", id="torn at a block's border"),
    ],
)
def test_a_file_ends_with_a_whole_line_once_it_is_open(tmp_path: Path, left: bytes, kept: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(left)

    RecordFile(path).close()

    assert path.read_bytes() == kept


def test_a_full_disk_holds_the_batch_and_leaves_no_torn_line(open_sink: Open, tmp_path: Path) -> None:
    sink = open_sink()
    sink.send([parcel(VERDICT)])

    with disk_of(len(line(VERDICT)) + 100), pytest.raises(Unavailable, match=r"cannot write to .*out"):
        sink.send([parcel(EVENT), parcel(VERDICT), parcel(VERDICT)])
    during = lines(tmp_path, "verdicts.ndjson"), lines(tmp_path, "events.ndjson")
    sink.send([parcel(EVENT), parcel(VERDICT), parcel(VERDICT)])

    assert during == ([line(VERDICT)], [])
    assert lines(tmp_path, "verdicts.ndjson") == [line(VERDICT)] * 3
    assert lines(tmp_path, "events.ndjson") == [line(EVENT)]


def test_a_folder_that_cannot_be_written_holds_the_batch(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    sink = FileSink(FileSettings(path=str(tmp_path / "taken" / "below")))

    with pytest.raises(Unavailable, match="cannot write to"):
        sink.send([parcel(VERDICT)])
    with pytest.raises(Unavailable, match="cannot write to"):
        sink.check()


def test_a_file_that_was_moved_away_is_begun_anew(open_sink: Open, tmp_path: Path) -> None:
    sink = open_sink()
    sink.send([parcel(VERDICT)])

    (tmp_path / "out" / "verdicts.ndjson").rename(tmp_path / "out" / "verdicts.1")
    sink.send([parcel(VERDICT), parcel(VERDICT)])

    assert lines(tmp_path, "verdicts.1") == [line(VERDICT)]
    assert lines(tmp_path, "verdicts.ndjson") == [line(VERDICT)] * 2


def test_two_processes_cannot_write_to_one_folder(open_sink: Open) -> None:
    first, second = open_sink(), open_sink()
    first.send([parcel(VERDICT)])

    with pytest.raises(Unavailable, match="another process"):
        second.send([parcel(VERDICT)])
    first.close()
    second.send([parcel(VERDICT)])


def test_a_check_stores_nothing(open_sink: Open, tmp_path: Path) -> None:
    said = open_sink().check()

    assert str(tmp_path / "out") in said
    assert lines(tmp_path, "verdicts.ndjson") == []


def test_a_check_beside_the_worker_that_writes_there_passes(open_sink: Open, tmp_path: Path) -> None:
    open_sink().send([parcel(VERDICT)])

    assert "a worker writes to it now" in open_sink().check()
    assert lines(tmp_path, "verdicts.ndjson") == [line(VERDICT)]


def test_standard_output_gets_every_record_in_order(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    FileSink(FileSettings(path="-")).send([parcel(VERDICT), parcel(ALERT), parcel(STATUS)])

    assert capfdbinary.readouterr().out == line(VERDICT) + line(ALERT) + line(STATUS)
