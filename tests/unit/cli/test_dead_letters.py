"""Dead letters can be found, explained and sent back to where they came from, each exactly once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from cli.dead_letters.hints import OTHER, hint
from cli.dead_letters.letters import read
from cli.dead_letters.replay import BATCH, Replay
from cli.main import run_command
from cli.running import running_of
from cli.settings import load
from runtime.broker import Broker
from runtime.brokers import connect
from runtime.dead_letters import dead_letter, headers_of
from runtime.errors import Fenced, PipelineError
from runtime.flow import Reason
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.topics import ALERTS, SERVICES, VERDICTS, all_topics, dead_letters
from tests.fakes.broker import FakeBroker
from tests.fakes.script import Fault

MAPPING = Reason("document_parsing_exception", "Elasticsearch blames the document")
HEC = Reason("hec-15", "Splunk blames the event")
ROW = b'{"receiver":"AUDRCV0001","type":"SK"}'


def letter(number: int, reason: Reason = MAPPING, service: str = "elastic", topic: str = VERDICTS) -> Record:
    value = orjson.dumps({"number": number})
    record = StoredRecord(Partition(topic, 0), Offset(number), b"PROD1|10.9.8.7", value, "verdict")
    return dead_letter(record, reason, service)


def row() -> Record:
    reason = Reason("bad-port", "the remote port is not a number")
    headers = headers_of(reason, "producer", "journal-row", (("__connect.errors.topic", "QSYS/QAUDJRN"),))
    return Record(dead_letters("producer"), b"PROD1/QGPL/AUDRCV0001/7", ROW, "dead-letter", 0, headers)


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """The embedded one, with four dead letters of Elasticsearch, one of Splunk and one row of the journal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SK2SIEM_BROKER__URL", f"sqlite:///{tmp_path}/broker.db")
    settings = load({"SK2SIEM_BROKER__URL": f"sqlite:///{tmp_path}/broker.db"})
    made = connect(settings.broker, running_of("test", settings), batch_size=100)
    made.ensure(all_topics())
    publish(made, [letter(1), letter(2), letter(3, topic=ALERTS), letter(4), letter(5, HEC, "splunk"), row()])
    yield made
    made.close()


def publish(broker: Broker, records: Sequence[Record]) -> None:
    publisher = broker.publisher("test")
    publisher.claim()
    publisher.publish(records)
    publisher.close()


def on(broker: Broker, topic: str) -> list[tuple[bytes, bytes, str, tuple[tuple[str, bytes], ...]]]:
    return [(record.key, record.value, record.type, record.headers) for record in broker.read(topic)]


def numbers(broker: Broker, topic: str) -> list[int]:
    return [orjson.loads(record.value)["number"] for record in broker.read(topic)]


def test_the_list_counts_by_reason_and_says_what_to_do(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["dead-letters", "list"]) == 0

    text = capsys.readouterr().out
    assert "elastic/0/1 " in text
    assert "elastic: 4 for document_parsing_exception" in text
    assert "roll the data stream over" in text
    assert "splunk: 1 for hec-15" in text
    assert "producer: 1 for bad-port" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--service", "splunk"], {"splunk/0/1"}, id="by service"),
        pytest.param(["--reason", "bad-port"], {"producer/0/1"}, id="by reason"),
        pytest.param(["--since", "1h", "--service", "splunk"], {"splunk/0/1"}, id="of the last hour"),
        pytest.param(["--until", "2020-01-01"], set(), id="before they were made"),
        pytest.param(["--since", "2999-01-01T00:00+02:00"], set(), id="in the future"),
    ],
)
def test_filters_choose(
    broker: Broker, arguments: list[str], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(["dead-letters", "list", *arguments])

    text = capsys.readouterr().out
    assert {line.split()[0] for line in text.splitlines() if "/0/" in line} == expected
    assert expected or text == "no dead letters\n"


def test_one_is_shown_whole(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["dead-letters", "show", "elastic/0/2"]) == 0

    text = capsys.readouterr().out
    assert "sk.verdicts/0/2, type verdict" in text
    assert "PROD1|10.9.8.7" in text
    assert '{"number":2}' in text
    assert "what to do" in text


def test_control_characters_do_not_reach_the_terminal(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = StoredRecord(Partition(VERDICTS, 0), Offset(9), b"\xff", b"\x1b[2J \xe2\x80\xae", "verdict")
    publish(broker, [dead_letter(hostile, HEC, "splunk")])

    run_command(["dead-letters", "show", "splunk/0/2"])

    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "(hexadecimal) ff" in text


def test_values_alone_are_lines_to_be_read_again(broker: Broker, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run_command(["dead-letters", "show", "--service", "producer", "--value"])

    assert capfdbinary.readouterr().out == ROW + b"\n"


def test_what_is_not_there_is_said(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["dead-letters", "show", "file/0/9"]) == 69
    assert run_command(["dead-letters", "show", "elastic/0/2", "file/0/9"]) == 69
    assert run_command(["dead-letters", "show", "--since", "1m", "--service", "file"]) == 69
    assert run_command(["dead-letters", "show", "nobody/0/9"]) == 2
    assert run_command(["dead-letters", "list", "--since", "yesterday"]) == 2

    said = capsys.readouterr()
    assert "no such dead letter: file/0/9; `sk2siem dead-letters list`" in said.err
    assert "no such dead letter; `sk2siem dead-letters list`" in said.err
    assert said.out == ""


def test_nothing_is_replayed_where_one_that_was_named_is_not_there(broker: Broker) -> None:
    before = numbers(broker, VERDICTS)

    assert run_command(["dead-letters", "replay", "elastic/0/2", "file/0/9"]) == 69

    assert numbers(broker, VERDICTS) == before


def test_a_replay_publishes_the_original_without_our_headers(broker: Broker) -> None:
    assert run_command(["dead-letters", "replay", "--service", "elastic"]) == 0

    assert numbers(broker, VERDICTS) == [1, 2, 4]
    assert on(broker, ALERTS) == [(b"PROD1|10.9.8.7", b'{"number":3}', "verdict", ())]


def test_a_replay_takes_each_only_once_unless_it_is_told_to(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["dead-letters", "replay", "elastic/0/1"])
    capsys.readouterr()

    run_command(["dead-letters", "replay", "--service", "elastic"])
    said = capsys.readouterr().out
    run_command(["dead-letters", "replay", "elastic/0/1", "--again"])

    assert "3 of 4 published again" in said
    assert "1 were replayed before" in said
    assert numbers(broker, VERDICTS) == [1, 2, 4, 1]


def test_what_was_replayed_is_marked_in_the_list(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["dead-letters", "replay", "elastic/0/2"])
    capsys.readouterr()

    run_command(["dead-letters", "list", "--service", "elastic"])

    marked = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("  replayed")]
    assert marked == ["elastic/0/2"]


def test_a_dry_run_publishes_nothing(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["dead-letters", "replay", "--dry-run"]) == 0

    text = capsys.readouterr().out
    assert "splunk/0/1 to sk.verdicts/0/5" in text
    assert "5 of 6 would be published again" in text
    assert "1 are rows of a journal" in text
    assert numbers(broker, VERDICTS) == []


def test_rows_of_a_journal_are_never_published(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["dead-letters", "replay", "--service", "producer"])

    assert "dead-letters show --service producer --value" in capsys.readouterr().out
    assert on(broker, "sk.entries") == []


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER, Fault.UNAVAILABLE], ids=lambda one: one.name)
def test_a_replay_that_breaks_off_goes_on_without_doubles(fault: Fault) -> None:
    broker = FakeBroker()
    broker.ensure(all_topics())
    count = 2 * BATCH + 7
    publish(broker, [letter(number) for number in range(count)])
    first = Replay.on(broker)
    first.claim()
    broker.script.add(Fault.OK, fault)
    done: list[int] = []

    with pytest.raises(PipelineError):
        first.publish(list(read(broker, ["elastic"])), done.append)
    second = Replay.on(broker)
    second.claim()
    second.publish([one for one in read(broker, ["elastic"]) if not one.replayed], done.append)

    assert sorted(numbers(broker, VERDICTS)) == list(range(count))


def test_a_second_replay_fences_the_first() -> None:
    broker = FakeBroker()
    broker.ensure(all_topics())
    publish(broker, [letter(1)])
    first, second = Replay.on(broker), Replay.on(broker)
    first.claim()
    second.claim()

    with pytest.raises(Fenced):
        first.publish(list(read(broker, ["elastic"])), lambda _: None)

    assert numbers(broker, VERDICTS) == []


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("reason", ["corrupt-record", "hec-6", "failure-store", "unheard-of"])
def test_every_reason_has_a_hint(service: str, reason: str) -> None:
    said = hint(reason, service)

    assert said
    assert not said.endswith(".")
    assert service == "producer" or (said == OTHER) == (reason == "unheard-of")


def test_the_limits_that_a_size_runs_into_are_named_by_the_answer_that_they_give() -> None:
    of_a_request, of_an_event = hint("too-large", "splunk"), hint("hec-6", "splunk")

    assert "max_content_length in limits.conf" in of_a_request
    assert "maxEventSize in inputs.conf" in of_an_event
