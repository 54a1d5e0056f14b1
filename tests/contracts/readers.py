"""The readers that have to keep the same promises, each over the same journal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from dev.ibmi import Ibmi, JournalEntry
from producer.audit_journal_sk import AuditJournalSkEntries
from producer.cpyaudjrne import WHOLE_RECEIVER, CpyaudjrneEntries
from producer.display_journal import WINDOW, DisplayJournalReader
from producer.entries import DisplayJournalEntries, ReceiverEntries
from producer.file_reader import FileReader
from producer.odbc import Odbc
from producer.reader import JournalReader, JournalRow
from producer.settings import IbmiSettings, ProducerSettings
from producer.simulator.partition import Partition
from producer.simulator.reader import SimulatorReader
from producer.simulator.settings import SimulatorSettings
from runtime.bounded import Bounded
from runtime.shutdown import Shutdown
from tests.fakes.reader import ListReader
from tests.fakes.saved_journal import as_outfile_csv, as_outfile_json, as_rows, as_type5

SETTINGS = SimulatorSettings(
    seed=51, start=datetime(2026, 11, 5, 18), entries=300, receiver_library="QGPL", receiver_entries=900
)
ROWS: Sequence[JournalRow] = [written.row for written in Partition(SETTINGS).written()]
CLOCK = ROWS[-1].timestamp + timedelta(days=3)
NAMES = (
    *("list", "simulator", "display-journal", "audit-journal-sk", "cpyaudjrne"),
    *("file-rows", "file-csv", "file-json", "file-type5"),
)


@dataclass
class ReaderRig:
    """One way of reading ROWS. `columns`: it is given columns, so it brings SK entries only, and no entry data.

    `append` writes further rows where the journal can grow. `name` is what records call it.
    """

    name: str
    make: Callable[[], JournalReader]
    columns: bool = False
    append: Callable[[Sequence[JournalRow]], None] | None = None
    parts: ExitStack = field(default_factory=ExitStack)

    def reader(self) -> JournalReader:
        reader = self.make()
        self.parts.callback(reader.close)
        return reader


@contextmanager
def rig_of(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[ReaderRig]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    rig = {"list": _listed, "simulator": _simulated}[name]() if name in ("list", "simulator") else None
    if name.startswith("file-"):
        rig = _saved(name, folder)
    if rig is None:
        rig = _asked(name, request.getfixturevalue("ibmi"), monkeypatch)
    with rig.parts:
        yield rig


def _listed() -> ReaderRig:
    written = list(ROWS)

    def make() -> JournalReader:
        reader = ListReader([])
        reader.rows = written
        return reader

    return ReaderRig("list", make, append=written.extend)


def _simulated() -> ReaderRig:
    return ReaderRig("simulator", lambda: SimulatorReader(SETTINGS))


def _saved(name: str, folder: Path) -> ReaderRig:
    save = {"file-rows": as_rows, "file-csv": as_outfile_csv, "file-json": as_outfile_json, "file-type5": as_type5}
    file = folder / "saved"
    file.write_bytes(save[name](ROWS))
    return ReaderRig("file", lambda: FileReader(file), columns=name in ("file-csv", "file-json"))


def _asked(name: str, ibmi: Ibmi, monkeypatch: pytest.MonkeyPatch) -> ReaderRig:
    for variable, value in ibmi.environment().items():
        monkeypatch.setenv(variable, value)
    ibmi.control.reset(clock=ROWS[0].timestamp)
    ibmi.control.append(_whole(ROWS))
    ibmi.control.set_clock(CLOCK)
    entries: dict[str, Callable[[Odbc, ProducerSettings], ReceiverEntries]] = {
        "display-journal": DisplayJournalEntries,
        "audit-journal-sk": AuditJournalSkEntries,
        "cpyaudjrne": CpyaudjrneEntries,
    }

    def make() -> JournalReader:
        odbc = Odbc(ibmi_settings(ibmi), Bounded(Shutdown()), calls=name == "cpyaudjrne")
        window = WHOLE_RECEIVER if name == "cpyaudjrne" else WINDOW
        return DisplayJournalReader(odbc, ProducerSettings(), entries=entries[name], window=window)

    rig = ReaderRig(name, make, name != "display-journal", lambda rows: _append(ibmi, rows))
    rig.parts.callback(ibmi.control.reset)
    return rig


def ibmi_settings(ibmi: Ibmi) -> IbmiSettings:
    said = ibmi.exports()
    return IbmiSettings(
        system=said["SK2SIEM_IBMI__SYSTEM"],
        username=said["SK2SIEM_IBMI__USERNAME"],
        password=SecretStr(said["SK2SIEM_IBMI__PASSWORD"]),
    )


def _append(ibmi: Ibmi, rows: Sequence[JournalRow]) -> None:
    ibmi.control.set_clock(rows[-1].timestamp + timedelta(seconds=1))
    ibmi.control.append(map(entry_of, rows))


def _whole(rows: Sequence[JournalRow]) -> Iterator[JournalEntry]:
    """The rows, with an entry of another type at the end of each receiver: no number between two is missing."""
    for row, following in zip(rows, [*rows[1:], rows[-1]], strict=True):
        yield entry_of(row)
        if following.place.receiver != row.place.receiver and following.place.sequence > row.place.sequence + 1:
            yield entry_of(row)._replace(sequence=following.place.sequence - 1, entry_type="JS", entry_data=b"")


def entry_of(row: JournalRow) -> JournalEntry:
    place = row.place
    return JournalEntry(
        *(place.receiver_library, place.receiver, place.sequence, row.timestamp, row.entry_type, row.entry_data),
        *(row.job_name, row.job_user, row.job_number, row.user, row.program, row.program_library),
    )
