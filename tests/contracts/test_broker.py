"""What every broker promises, whichever it is."""

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from runtime.dead_letters import PREFIX
from runtime.errors import BatchLost, ConfigError, Fenced, PipelineError, Unavailable
from runtime.flow import Batch, Expired, Reason, Rejection, Settled, Source, Tally
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.topics import Topic
from tests.contracts.conftest import Rig

Items = Sequence[StoredRecord]
PATIENCE = 60
POLL_SECONDS = 0.5
REASON = Reason("bad-value", "the value cannot be read")


class RecordingMemory:
    """Remembers what it was given to remember; the test says what it needs."""

    def __init__(self, needs: Offset | None = None, open_from: Offset | None = None) -> None:
        self.needs = needs
        self.open_from = open_from
        self.rebuilt: dict[Partition, list[StoredRecord]] = {}
        self.undecided: dict[Partition, Offset | None] = {}
        self.rebuilds = 0
        self.told: list[Expired] = []

    def rebuild(
        self, partition: Partition, records: Iterable[StoredRecord], undecided_from: Offset | None = None
    ) -> None:
        self.rebuilt[partition] = list(records)
        self.undecided[partition] = undecided_from
        self.rebuilds += 1

    def expired(self, expired: Expired) -> None:
        self.told.append(expired)

    def forget(self, partition: Partition) -> None:
        self.rebuilt.pop(partition, None)

    def needed_from(self, partition: Partition) -> Offset | None:
        return self.needs

    def undecided_from(self, partition: Partition) -> Offset | None:
        return self.open_from


def records(topic: str, *values: str, key: str = "key", partition: int = 0) -> list[Record]:
    return [Record(topic, key.encode(), value.encode(), "number", partition) for value in values]


def values(found: Sequence[StoredRecord] | Iterator[StoredRecord]) -> list[str]:
    return [record.value.decode() for record in found]


def settled(batch: Batch[StoredRecord], outputs: Sequence[Record] = ()) -> Settled[StoredRecord]:
    return Settled(batch, outputs, (), batch.tally)


def publish(rig: Rig, batch: Sequence[Record], identity: str = "publisher") -> None:
    publisher = rig.publisher(identity)
    publisher.claim()
    publisher.publish(batch)


def take(source: Source[StoredRecord]) -> Batch[StoredRecord]:
    """The next batch that has items; empty ones on the way are checkpointed."""
    for _ in range(PATIENCE):
        batch = source.poll(POLL_SECONDS)
        if batch is not None and batch.items:
            return batch
        if batch is not None:
            source.checkpoint(settled(batch))
    raise AssertionError("no batch came")


def consume(source: Source[StoredRecord], count: int) -> list[StoredRecord]:
    """The next `count` records, each batch checkpointed."""
    found: list[StoredRecord] = []
    while len(found) < count:
        batch = take(source)
        source.checkpoint(settled(batch))
        found.extend(batch.items)
    return found


def assert_nothing_left(rig: Rig, source: Source[StoredRecord], topic: str) -> None:
    """What is published now is the next that comes."""
    publish(rig, records(topic, "the last one"))
    assert values(take(source).items) == ["the last one"]


def test_a_published_record_is_read_as_it_was_written(rig: Rig) -> None:
    topic = rig.topic("numbers")
    record = Record(topic, b"a key", b'{"value": "\xc3\xa4"}', "number", 0, (("x-why", b"because"),))

    publish(rig, [record])

    (found,) = rig.broker().read(topic)
    assert (found.key, found.value, found.type, found.headers) == (b"a key", record.value, "number", record.headers)
    assert found.partition == Partition(topic, 0)


def test_reading_a_topic_goes_partition_by_partition_in_order(rig: Rig) -> None:
    topic = rig.topic("numbers", partitions=2)
    last = rig.broker().partitions(topic) - 1
    publish(rig, [*records(topic, "a", "b", partition=0), *records(topic, "c", "d", partition=last)])

    found = list(rig.broker().read(topic))

    assert values(found) == ["a", "b", "c", "d"]
    assert [(record.partition, record.offset) for record in found] == sorted(
        (record.partition, record.offset) for record in found
    )


def test_reading_a_topic_ends_where_it_ended_when_the_reading_began(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two"))
    reading = rig.broker().read(topic)

    first = next(reading)
    publish(rig, records(topic, "three"))

    assert values([first, *reading]) == ["one", "two"]


def test_reading_can_go_on_where_it_ended(rig: Rig) -> None:
    topic = rig.topic("numbers", partitions=2)
    last = rig.broker().partitions(topic) - 1
    publish(rig, [*records(topic, "a", "b", partition=0), *records(topic, "c", partition=last)])
    behind = {record.partition.number: record.offset + 1 for record in rig.broker().read(topic)}

    publish(rig, [*records(topic, "d", partition=0), *records(topic, "e", partition=last)])

    assert values(list(rig.broker().read(topic, behind))) == ["d", "e"]
    assert values(list(rig.broker().read(topic, {0: behind[0]}))) == (["d", "c", "e"] if last else ["d", "e"])


def test_reading_an_empty_topic_gives_nothing(rig: Rig) -> None:
    topic = rig.topic("numbers")

    assert list(rig.broker().read(topic)) == []


def test_a_batch_that_cannot_be_published_as_a_whole_is_not_published_at_all(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publisher = rig.publisher()
    publisher.claim()

    with pytest.raises(PipelineError):
        publisher.publish([*records(topic, "one"), *records(f"missing-{rig.suffix}", "two")])
    publisher.claim()

    assert values(rig.broker().read(topic)) == []


def test_nothing_is_published_without_a_claim(rig: Rig) -> None:
    topic = rig.topic("numbers")

    with pytest.raises(PipelineError):
        rig.publisher().publish(records(topic, "one"))

    assert values(rig.broker().read(topic)) == []


def test_a_claim_fences_the_older_publisher_and_loses_nothing(rig: Rig) -> None:
    topic = rig.topic("numbers")
    older, newer = rig.publisher(), rig.publisher()
    older.claim()
    older.publish(records(topic, "one", "two"))

    newer.claim()
    with pytest.raises(Fenced):
        older.publish(records(topic, "from a zombie"))
    newer.publish(records(topic, "three"))

    assert values(rig.broker().read(topic)) == ["one", "two", "three"]


def test_a_claim_leaves_other_identities_alone(rig: Rig) -> None:
    topic = rig.topic("numbers")
    first, second = rig.publisher("first"), rig.publisher("second")
    first.claim()

    second.claim()
    first.publish(records(topic, "one"))
    second.publish(records(topic, "two"))

    assert values(rig.broker().read(topic)) == ["one", "two"]


@pytest.mark.parametrize("compact", [True, False], ids=["compacted", "not compacted"])
def test_newest_is_the_last_record_of_the_key_and_needs_no_claim(compact: bool, rig: Rig) -> None:
    topic = rig.topic("positions", compact=compact)
    publish(rig, [*records(topic, "old", key="a"), *records(topic, "other", key="b")])
    publish(rig, records(topic, "new", key="a"))

    found = rig.publisher("reader").newest(topic, b"a")

    assert found is not None
    assert (found.key, found.value) == (b"a", b"new")


def test_newest_of_a_key_that_never_was_is_none(rig: Rig) -> None:
    topic = rig.topic("positions", compact=True)
    publish(rig, records(topic, "other", key="b"))

    assert rig.publisher("reader").newest(topic, b"a") is None


def test_a_source_reads_from_the_earliest_record_in_order(rig: Rig) -> None:
    topic = rig.topic("numbers")
    expected = [str(number) for number in range(250)]
    publish(rig, records(topic, *expected))

    found = consume(rig.source([topic]), 250)

    assert values(found) == expected


def test_a_source_sees_what_is_published_while_it_runs(rig: Rig) -> None:
    topic = rig.topic("numbers")
    memory = RecordingMemory()
    source = rig.source([topic], memory=memory)
    _alternate([source], topic, lambda: bool(memory.rebuilt))

    publish(rig, records(topic, "one"))

    assert values(consume(source, 1)) == ["one"]


def test_a_source_reads_several_topics(rig: Rig) -> None:
    first, second = rig.topic("first"), rig.topic("second")
    publish(rig, [*records(first, "one"), *records(second, "two")])

    found = consume(rig.source([first, second]), 2)

    assert sorted(values(found)) == ["one", "two"]


def test_an_abandoned_batch_comes_again(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two"))
    source = rig.source([topic])
    first = take(source)

    source.abandon()

    assert take(source).items == first.items


def test_what_was_checkpointed_does_not_come_again(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two"))
    source = rig.source([topic])
    consume(source, 2)
    publish(rig, records(topic, "three"))

    source.abandon()
    after_abandon = consume(source, 1)
    source.close()

    assert values(after_abandon) == ["three"]
    assert_nothing_left(rig, rig.source([topic]), topic)


def test_closing_a_source_never_checkpoints(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    take(source)

    source.close()

    assert values(take(rig.source([topic])).items) == ["one"]


def test_a_source_may_be_closed_twice(rig: Rig) -> None:
    source = rig.source([rig.topic("numbers")])
    source.poll(POLL_SECONDS)

    source.close()
    source.close()


def test_a_batch_stays_ours_while_it_is_kept_alive(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    batch = take(source)

    for _ in range(5):
        source.keep_alive()
    source.checkpoint(settled(batch))
    publish(rig, records(topic, "two"))

    assert values(take(source).items) == ["two"]


def test_a_checkpoint_makes_outputs_dead_letters_and_offsets_durable_together(rig: Rig) -> None:
    topic, output = rig.topic("numbers"), rig.topic("doubled")
    publish(rig, records(topic, "1", "bad"))
    source = rig.source([topic])
    batch = take(source)
    assert values(batch.items) == ["1", "bad"]

    source.checkpoint(Settled(batch, records(output, "2"), [Rejection(batch.items[1], REASON)]))
    source.close()

    assert values(rig.broker().read(output)) == ["2"]
    assert values(rig.broker().read(rig.dead_letters)) == ["bad"]
    assert_nothing_left(rig, rig.source([topic]), topic)


def test_a_checkpoint_that_fails_leaves_no_trace(rig: Rig) -> None:
    topic, output = rig.topic("numbers"), rig.topic("doubled")
    publish(rig, records(topic, "1", "bad"))
    source = rig.source([topic])
    batch = take(source)
    outputs = [*records(output, "2"), *records(f"missing-{rig.suffix}", "2")]

    with pytest.raises(PipelineError):
        source.checkpoint(Settled(batch, outputs, [Rejection(batch.items[1], REASON)]))
    source.close()

    assert values(take(rig.source([topic])).items) == ["1", "bad"]
    assert values(rig.broker().read(output)) == []
    assert values(rig.broker().read(rig.dead_letters)) == []


def test_a_dead_letter_keeps_key_and_value_and_says_where_from_and_why(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "bad", key="its key"))
    source = rig.source([topic])
    batch = take(source)

    source.checkpoint(Settled(batch, (), [Rejection(batch.items[0], REASON)]))

    (letter,) = rig.broker().read(rig.dead_letters)
    headers = dict(letter.headers)
    assert (letter.key, letter.value, letter.type) == (b"its key", b"bad", "dead-letter")
    assert headers[f"{PREFIX}topic"] == topic.encode()
    assert headers[f"{PREFIX}partition"] == b"0"
    assert headers[f"{PREFIX}offset"] == str(batch.items[0].offset).encode()
    assert headers[f"{PREFIX}exception.message"] == REASON.message.encode()
    assert headers["x-reason"] == b"bad-value"
    assert headers["x-original-type"] == b"number"


def test_an_empty_batch_can_be_checkpointed(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    position = take(source).position

    source.checkpoint(Settled(Batch((), position)))
    source.close()

    assert_nothing_left(rig, rig.source([topic]), topic)


def test_the_tally_survives_a_restart(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    batch = take(source)
    source.checkpoint(Settled(batch, tally=Tally(received=40, rejected=7, in_a_row=3)))
    source.close()
    publish(rig, records(topic, "two"))

    again = take(rig.source([topic]))

    assert again.tally == Tally(received=40, rejected=7, in_a_row=3)


def test_the_tally_goes_on_from_batch_to_batch(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    first = take(source)

    source.checkpoint(Settled(first, tally=Tally(received=1, rejected=1, in_a_row=1)))
    publish(rig, records(topic, "two"))

    assert take(source).tally == Tally(received=1, rejected=1, in_a_row=1)


def test_a_memory_is_rebuilt_from_what_it_needs_up_to_the_committed_offset(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two", "three"))
    memory = RecordingMemory()
    source = rig.source([topic], memory=memory)
    first = consume(source, 3)
    publish(rig, records(topic, "four"))
    memory.needs = first[1].offset
    consume(source, 1)
    source.close()
    publish(rig, records(topic, "not committed"))

    rebuilt = RecordingMemory()
    take(rig.source([topic], memory=rebuilt))

    assert values(rebuilt.rebuilt[Partition(topic, 0)]) == ["two", "three", "four"]


@pytest.mark.parametrize(
    ("policy", "is_owed"), [pytest.param("old", False, id="same"), pytest.param("new", True, id="other")]
)
def test_what_was_undecided_under_another_policy_is_told_to_the_memory(rig: Rig, policy: str, is_owed: bool) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two"))
    memory = RecordingMemory()
    source = rig.source([topic], memory=memory, policy="old")
    batch = take(source)
    memory.needs, memory.open_from = batch.items[0].offset, batch.items[1].offset
    source.checkpoint(settled(batch))
    source.close()
    publish(rig, records(topic, "three"))

    rebuilt = RecordingMemory()
    take(rig.source([topic], memory=rebuilt, policy=policy))

    assert rebuilt.undecided[Partition(topic, 0)] == (batch.items[1].offset if is_owed else None)


def test_an_abandoned_batch_takes_the_memory_back_with_it(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two"))
    memory = RecordingMemory()
    source = rig.source([topic], memory=memory)
    batch = take(source)
    memory.needs = batch.items[1].offset
    source.checkpoint(settled(batch))
    publish(rig, records(topic, "three"))
    take(source)
    before = memory.rebuilds

    source.abandon()
    take(source)

    assert memory.rebuilds > before
    assert values(memory.rebuilt[Partition(topic, 0)]) == ["two"]


def test_a_memory_that_needs_nothing_is_rebuilt_empty(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one"))
    source = rig.source([topic])
    consume(source, 1)
    source.close()
    publish(rig, records(topic, "two"))

    memory = RecordingMemory()
    take(rig.source([topic], memory=memory))

    assert memory.rebuilt == {Partition(topic, 0): []}


@pytest.mark.parametrize("was_read", [pytest.param(True, id="read in part"), pytest.param(False, id="never read")])
def test_records_that_expired_unread_are_told_to_the_memory_until_a_checkpoint_is_behind_them(
    rig: Rig, was_read: bool
) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "1"))
    if was_read:
        first = rig.source([topic])
        first.checkpoint(settled(take(first)))
        first.close()
    publish(rig, records(topic, "2", "3", "4"))
    partition, (*_, last) = Partition(topic, 0), rig.broker().read(topic)
    (standing,) = rig.broker().standings(rig.service, [topic])
    rig.expire(rig, partition, last.offset)
    memory = RecordingMemory()

    source = rig.source([topic], memory=memory)
    batch = take(source)
    told, size = list(memory.told), rig.broker().size(topic)
    source.abandon()
    source.checkpoint(settled(take(source)))
    told_again = memory.told[len(told) :]
    source.close()
    later = rig.source([topic], memory=memory)
    publish(rig, records(topic, "5"))
    after = take(later)

    expired = Expired(partition, Offset(standing.next_offset) if was_read else None, last.offset)
    assert (values(batch.items), values(after.items)) == (["4"], ["5"])
    assert (told, told_again) == ([expired], [expired])
    assert memory.told == [expired, expired]
    assert (standing.expired, rig.broker().standings(rig.service, [topic])[0].expired) == (False, True)
    assert 1 <= size <= 2, "Kafka counts the marker of the transaction"


def test_records_that_expire_unread_while_a_source_is_open_are_told_too(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "1"))
    memory = RecordingMemory()
    source = rig.source([topic], memory=memory)
    source.checkpoint(settled(take(source)))
    (standing,) = rig.broker().standings(rig.service, [topic])
    publish(rig, records(topic, "2", "3", "4"))
    partition, (*_, last) = Partition(topic, 0), rig.broker().read(topic)
    rig.expire(rig, partition, last.offset)

    batch = take(source)
    told = list(memory.told)
    source.checkpoint(settled(batch))
    publish(rig, records(topic, "5"))
    after = take(source)

    assert (values(batch.items), values(after.items)) == (["4"], ["5"])
    assert told == memory.told == [Expired(partition, Offset(standing.next_offset), last.offset)]


def test_the_size_of_a_topic_is_about_how_many_records_it_holds(rig: Rig) -> None:
    topic = rig.topic("numbers", partitions=2)
    empty = rig.broker().size(topic)

    publish(rig, records(topic, *map(str, range(50))))

    assert empty == 0
    assert 50 <= rig.broker().size(topic) <= 51
    with pytest.raises(ConfigError):
        rig.broker().size("missing")


def test_two_workers_of_a_group_get_every_record_once_between_them(rig: Rig) -> None:
    topic, output = rig.topic("numbers", partitions=4), rig.topic("seen")
    count = rig.broker().partitions(topic)
    expected = [str(number) for number in range(80)]
    first, second = rig.source([topic], worker="worker-1"), rig.source([topic], worker="worker-2")
    publish(rig, [record for number in expected for record in records(topic, number, partition=int(number) % count)])

    _alternate([first, second], output, lambda: len(values(rig.broker().read(output))) >= 80)
    last = [str(80 + number) for number in range(count)]
    publish(rig, [record for number in range(count) for record in records(topic, last[number], partition=number)])
    _alternate([first, second], output, lambda: set(values(rig.broker().read(output))) >= set(last))

    assert sorted(values(rig.broker().read(output)), key=int) == [*expected, *last]


def test_a_second_worker_takes_over_when_the_first_one_ends(rig: Rig) -> None:
    topic = rig.topic("numbers", partitions=2)
    last = rig.broker().partitions(topic) - 1
    first, second = rig.source([topic], worker="worker-1"), rig.source([topic], worker="worker-2")
    publish(rig, [*records(topic, "one"), *records(topic, "two", partition=last)])
    output = rig.topic("seen")
    _alternate([first, second], output, lambda: len(values(rig.broker().read(output))) >= 2)

    first.close()
    publish(rig, [*records(topic, "three"), *records(topic, "four", partition=last)])

    assert sorted(values(consume(second, 2))) == ["four", "three"]


def test_each_partition_is_in_the_memory_of_one_worker_only(rig: Rig) -> None:
    topic, output = rig.topic("numbers", partitions=4), rig.topic("seen")
    partitions = {Partition(topic, number) for number in range(rig.broker().partitions(topic))}
    memories = RecordingMemory(), RecordingMemory()
    first = rig.source([topic], worker="worker-1", memory=memories[0])
    _alternate([first], output, lambda: set(memories[0].rebuilt) == partitions)

    second = rig.source([topic], worker="worker-2", memory=memories[1])
    _alternate([first, second], output, lambda: bool(memories[1].rebuilt) is rig.shares_partitions)
    _alternate([first, second], output, lambda: not memories[0].rebuilt.keys() & memories[1].rebuilt.keys())

    assert memories[0].rebuilt.keys() | memories[1].rebuilt.keys() == partitions


def test_a_second_worker_either_shares_or_waits(rig: Rig) -> None:
    topic, output = rig.topic("numbers", partitions=2), rig.topic("seen")
    last = rig.broker().partitions(topic) - 1
    first, second = rig.source([topic], worker="worker-1"), rig.source([topic], worker="worker-2")
    got: dict[str, int] = {"worker-1": 0, "worker-2": 0}

    for _ in range(PATIENCE * 5 if rig.shares_partitions else PATIENCE // 2):
        publish(rig, [*records(topic, "one"), *records(topic, "two", partition=last)])
        for name, source in (("worker-1", first), ("worker-2", second)):
            got[name] += _step(source, output)
        if all(got.values()):
            break

    assert got["worker-1"] > 0
    assert (got["worker-2"] > 0) is rig.shares_partitions


def test_a_worker_of_the_same_name_leaves_its_forerunner_nothing_to_checkpoint(rig: Rig) -> None:
    if not rig.shares_partitions:
        pytest.skip("there the newcomer waits for the lock: see tests/unit/runtime/test_embedded_source.py")
    topic, output = rig.topic("numbers"), rig.topic("seen")
    publish(rig, records(topic, "one"))
    zombie = rig.source([topic])
    batch = take(zombie)
    newcomer = rig.source([topic])
    again = take(newcomer)

    with pytest.raises((Fenced, BatchLost)):
        zombie.checkpoint(settled(batch, records(output, "from the zombie")))
    newcomer.checkpoint(settled(again, records(output, "from the newcomer")))

    assert values(rig.broker().read(output)) == ["from the newcomer"]


def test_standings_say_how_far_a_service_is_behind(rig: Rig) -> None:
    topic = rig.topic("numbers")
    publish(rig, records(topic, "one", "two", "three"))
    (never_read,) = rig.broker().standings(rig.service, [topic])
    source = rig.source([topic])
    consume(source, 3)
    _alternate([source], topic, lambda: rig.broker().standings(rig.service, [topic])[0].behind == 0)

    (caught_up,) = rig.broker().standings(rig.service, [topic])
    publish(rig, records(topic, "four", "five"))
    (two_more,) = rig.broker().standings(rig.service, [topic])

    assert never_read.partition == Partition(topic, 0)
    assert never_read.behind >= 3
    assert caught_up.behind == 0
    assert two_more.behind >= 2
    assert two_more.next_offset == caught_up.next_offset


def test_standings_name_every_partition(rig: Rig) -> None:
    topic = rig.topic("numbers", partitions=3)

    standings = rig.broker().standings(rig.service, [topic])

    assert [standing.partition for standing in standings] == [
        Partition(topic, number) for number in range(rig.broker().partitions(topic))
    ]


def test_ensure_creates_finds_and_tells_what_differs(rig: Rig) -> None:
    wanted = Topic(f"numbers-{rig.suffix}", 1, 7)
    changed = Topic(wanted.name, 1, 30)

    created = rig.broker().ensure([wanted])
    found = rig.broker().ensure([wanted])
    differs = rig.broker().ensure([changed])

    assert [state.state for state in (*created, *found, *differs)] == ["created", "ok", "differs"]
    assert created[0].topic == wanted.name
    assert "retention" in differs[0].detail


def test_ensure_answers_in_the_order_asked_for(rig: Rig) -> None:
    names = [f"{name}-{rig.suffix}" for name in ("zebra", "ant", "mole")]

    states = rig.broker().ensure([Topic(name, 1, 7) for name in names])

    assert [state.topic for state in states] == names


def test_the_count_of_partitions_of_a_topic_that_is_missing_is_an_error(rig: Rig) -> None:
    rig.topic("numbers")

    with pytest.raises(ConfigError, match=f"missing-{rig.suffix}"):
        rig.broker().partitions(f"missing-{rig.suffix}")


def test_a_check_says_what_was_reached(rig: Rig) -> None:
    rig.topic("numbers")

    assert "topics" in rig.broker().check()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_broker_that_is_not_there_is_unavailable_and_trying_it_leaves_nothing_behind(rig: Rig) -> None:
    broker = rig.nowhere()
    rig.open_parts.callback(broker.close)
    threads = set(threading.enumerate())

    with pytest.raises(Unavailable):
        broker.check()
    gc.collect()  # kafka-python leaves the sockets of refused connections to the collector

    assert set(threading.enumerate()) <= threads


def _alternate(sources: Sequence[Source[StoredRecord]], output: str, done: Callable[[], bool]) -> None:
    """Let the sources work in turns, each item published again, until the test has seen enough."""
    end = time.monotonic() + PATIENCE
    while True:
        for source in sources:
            _step(source, output)
        if done():
            return
        assert time.monotonic() < end, "the workers did not come to an end"


def _step(source: Source[StoredRecord], output: str) -> int:
    """One round of a worker; how many records it settled."""
    try:
        batch = source.poll(POLL_SECONDS / 5)
        if batch is None:
            return 0
        source.checkpoint(
            settled(batch, [record for item in batch.items for record in records(output, *values([item]))])
        )
    except BatchLost:
        source.abandon()
        return 0
    return len(batch.items)
