"""The commands that move a position and retire a system, over the IBM i double and the embedded broker."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from cli.main import run_command
from dev.ibmi import Control, Ibmi
from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.positions import BrokerPositions, identity_of
from producer.publication import place_of, position_of
from producer.reader import Place
from runtime.embedded import EmbeddedBroker
from runtime.flow import Tally
from schemas.codec import decode_as
from schemas.records import Gap, Position, Progress, changed
from schemas.topics import ENTRIES
from tests.integration.journal import NOW, entry, place

SYSTEM, JOURNAL = "PROD1", "QSYS/QAUDJRN"
LONG_AGO = timedelta(hours=1)

Store = Callable[[Place, timedelta], None]


@pytest.fixture
def store(
    broker: EmbeddedBroker, ibmi: Ibmi, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """Stores a position of a certain age, with the settings of the commands in the environment."""
    settings = {"SK2SIEM_PRODUCER__SYSTEM": SYSTEM, "SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db"}
    for name, value in {**ibmi.exports(), **settings}.items():
        monkeypatch.setenv(name, value)

    def at(where: Place, age: timedelta) -> None:
        publisher = broker.publisher(identity_of(SYSTEM, JOURNAL))
        publisher.claim()
        journal = Journal(SYSTEM, JOURNAL, "list", JournalClock(), 1)
        position = position_of(journal, where, datetime(2026, 11, 22, 2, tzinfo=UTC), Tally(), "w1")
        aged = changed(position, time=datetime.now(UTC) - age)
        publisher.publish([BrokerPositions(publisher, SYSTEM, JOURNAL).record(aged)])
        publisher.close()

    return at


def stored(broker: EmbeddedBroker) -> Position:
    publisher = broker.publisher("test")
    found = BrokerPositions(publisher, SYSTEM, JOURNAL).load()
    publisher.close()
    assert found is not None
    return found


def written(control: Control) -> str:
    """Entries 2 to 9 in the first receiver, 12 to 19 in the second, whose name is returned."""
    control.append(entry(number) for number in range(2, 10))
    second = control.rotate()
    control.append(
        entry(number, receiver=second)._replace(timestamp=NOW + timedelta(minutes=number)) for number in range(12, 20)
    )
    return second


def row(text: str, choice: str) -> list[str]:
    """The cells of a line of the table."""
    return next(line.split() for line in text.splitlines() if line.startswith(choice))


def test_each_choice_says_what_it_would_cost(
    control: Control, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    second = written(control)
    store(place(6), LONG_AGO)

    code = run_command(["position", "show", "--at", "2026-11-22T03:15:00Z"])

    text = capsys.readouterr().out
    assert code == 0
    assert row(text, "keep")[:6] == ["keep", "QGPL/AUDRCV0001", "6", "13", "0", "0"]
    assert row(text, "oldest")[:6] == ["oldest", "QGPL/AUDRCV0001", "0", "19", "6", "0"]
    assert row(text, "newest")[:6] == ["newest", f"QGPL/{second}", "19", "0", "0", "13"]
    assert row(text, "timestamp")[:6] == ["timestamp", f"QGPL/{second}", "14", "5", "0", "8"]


def test_nothing_is_changed_without_a_confirmation(
    control: Control, store: Store, broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    written(control)
    store(place(6), LONG_AGO)

    code = run_command(["position", "set", "newest"])

    assert code == 0
    assert "--yes" in capsys.readouterr().out
    assert place_of(stored(broker)) == place(6)


def test_what_a_new_position_leaves_out_is_published_as_a_gap(
    control: Control, store: Store, broker: EmbeddedBroker
) -> None:
    second = written(control)
    store(place(6), LONG_AGO)

    code = run_command(["position", "set", "timestamp", "--at", "2026-11-22T03:15:00Z", "--yes"])

    position = stored(broker)
    (gap,) = [decode_as(Gap, record.value) for record in broker.read(ENTRIES) if record.type == "gap"]
    assert code == 0
    assert place_of(position) == place(14, second)
    assert place_of(position).attached_at == NOW
    assert position.worker == "w1"
    assert gap.after is not None
    assert gap.until is not None
    assert (gap.after.sequence, gap.until.sequence, gap.count) == ("6", "15", 8)


def test_what_was_deleted_behind_a_lost_position_is_published_as_a_gap_by_the_oldest_entry_too(
    control: Control, store: Store, broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    written(control)
    store(place(6), LONG_AGO)
    control.delete_receiver("AUDRCV0001")

    shown = run_command(["position", "show"])
    text = capsys.readouterr().out
    done = run_command(["position", "set", "oldest", "--yes"])

    (gap,) = [decode_as(Gap, record.value) for record in broker.read(ENTRIES) if record.type == "gap"]
    assert (shown, done) == (0, 0)
    assert "The position is lost" in text
    assert row(text, "oldest")[5] == "4"
    assert "A gap was published" in capsys.readouterr().out
    assert gap.after is not None
    assert gap.until is not None
    assert (gap.after.sequence, gap.until.sequence, gap.count) == ("6", "11", 4)


def test_who_has_chosen_wrongly_may_choose_again_at_once(
    control: Control, store: Store, broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    written(control)
    store(place(6), LONG_AGO)

    codes = [run_command(["position", "set", choice, "--yes"]) for choice in ("newest", "oldest")]

    assert codes == [0, 0]
    assert place_of(stored(broker)) == place(0)


def test_a_time_that_belongs_to_no_choice_is_refused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["position", "set", "oldest", "--at", "2026-11-22T03:15:00Z"]) == 2
    assert "--at belongs to the choice timestamp" in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_told_and_not_made(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{elsewhere}")

    codes = [run_command(["position", *words]) for words in (["show"], ["set", "oldest", "--yes"])]

    assert codes == [69, 69]
    assert "elsewhere.db does not exist yet" in capsys.readouterr().err
    assert not elsewhere.exists()


def test_a_file_that_is_no_broker_is_named(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("none of ours")

    assert run_command(["position", "copy", str(file)]) == 69
    assert "notes.txt is not the file of an embedded broker" in capsys.readouterr().err


def test_a_running_producer_is_fenced_only_when_that_is_said(
    control: Control, store: Store, broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    written(control)
    store(place(6), timedelta(seconds=2))

    refused = run_command(["position", "set", "oldest", "--yes"])
    kept = place_of(stored(broker))
    done = run_command(["position", "set", "oldest", "--yes", "--take-over"])

    assert (refused, done) == (69, 0)
    assert "--take-over" in capsys.readouterr().err
    assert kept == place(6)
    assert place_of(stored(broker)) == place(0)


def test_a_retired_system_says_so_everywhere_and_keeps_its_position(
    store: Store, broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(place(6), LONG_AGO)

    shown = run_command(["system", "retire", SYSTEM])
    untouched = stored(broker).retired
    done = run_command(["system", "retire", SYSTEM, "--yes"])
    before = "retired before" in capsys.readouterr().out
    again = run_command(["system", "retire", SYSTEM])

    (progress,) = [decode_as(Progress, record.value) for record in broker.read(ENTRIES) if record.type == "progress"]
    position = stored(broker)
    assert (shown, untouched, done, again) == (0, False, 0, 0)
    assert (before, "retired before" in capsys.readouterr().out) == (False, True)
    assert progress.final
    assert progress.time == datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert position.retired
    assert place_of(position) == place(6)


def test_a_system_that_was_never_read_cannot_be_retired(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["system", "retire", "OTHER", "--yes"]) == 69
    assert "no position of OTHER" in capsys.readouterr().err


def test_what_each_choice_would_cost_is_told_to_machines_as_well(
    store: Store, control: Control, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    written(control)
    store(place(6), LONG_AGO)

    assert run_command(["position", "show", "--json"]) == 0

    (line,) = capsysbinary.readouterr().out.splitlines()
    found = orjson.loads(line)
    assert (found["stored"]["receiver"], found["stored"]["sequence"]) == ("AUDRCV0001", "6")
    assert [choice["choice"] for choice in found["choices"]] == ["keep", "oldest", "newest"]
    assert all(choice["never"] == 0 for choice in found["choices"][:2])
