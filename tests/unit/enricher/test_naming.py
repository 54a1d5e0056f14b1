"""Names are asked for once per batch, go to both ends of a verdict and of its alert, and change nothing else."""

from typing import cast

import orjson

from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.names import Name
from enricher.naming import Published, as_names_come
from enricher.policy_file import PORTS, load_policy
from runtime.record import Partition, StoredRecord
from schemas.codec import decode
from schemas.records import Alert, AnyRecord, Endpoint, Verdict, changed
from schemas.topics import ENTRIES, entry_key
from tests.fakes.resolver import NONE, FakeResolver
from tests.unit.enricher.samples import accept, connect, home, progress, stored
from tests.unit.schemas.validation import wrong_places

CATALOGUE = load_catalogue()
POLICY = load_policy(PORTS, CATALOGUE)
HOME = home("PROD1")
CLIENT = Name("client.example.com", "confirmed")


def published(resolver: FakeResolver | None, *items: StoredRecord) -> list[AnyRecord]:
    outputs = Judge(CATALOGUE, POLICY, resolver=resolver).process(items).outputs
    return [decode(record.type, record.value) for record in outputs]


def test_the_verdict_and_its_alert_carry_the_names_of_both_ends() -> None:
    resolver = FakeResolver({"10.9.8.7": CLIENT})

    verdict, alert = published(resolver, stored(accept(23)))

    assert isinstance(verdict, Verdict)
    assert isinstance(alert, Alert)
    assert verdict.source == Endpoint("10.9.8.7", 50123, "client.example.com", "confirmed")
    assert verdict.destination == Endpoint("10.1.1.5", 23, None, "none")
    assert alert.connection == verdict


def test_a_batch_asks_once_for_each_address_and_never_for_nothing() -> None:
    resolver = FakeResolver()

    published(resolver, *(stored(accept(23, f"10.9.8.{n % 3}")) for n in range(9)))
    published(resolver, stored(progress(), partition=HOME), stored(connect(23)), stored(accept(23, None, "10.1.1.6")))
    published(resolver, stored(progress(), partition=HOME))

    assert resolver.asked == [{"10.9.8.0", "10.9.8.1", "10.9.8.2", "10.1.1.5"}, {"10.1.1.6"}]


def test_what_needs_no_waiting_comes_first_and_nothing_is_missing_or_out_of_place() -> None:
    resolver = FakeResolver()
    published(resolver, stored(accept(23)))
    records = published(None, stored(accept(23, "10.9.8.9")), stored(accept(23)), stored(accept(23, "10.9.8.8")))

    came = list(as_names_come(cast(list[Published], records), resolver))

    assert [place for place, _ in came] == [2, 3, 0, 1, 4, 5]
    assert [record.id for _, record in sorted(came)] == [cast(Published, record).id for record in records]


def test_the_remote_addresses_of_a_batch_are_announced_before_it_is_judged() -> None:
    resolver = FakeResolver()

    addresses = [f"10.9.8.{number % 3}" for number in range(9)]
    items = [stored(accept(23, one))._replace(key=entry_key("PROD1", one)) for one in addresses]
    published(resolver, *items)
    published(resolver, stored(progress())._replace(key=b"PROD1"), items[0]._replace(key=entry_key("PROD1", None)))

    assert resolver.expected == [{"10.9.8.0", "10.9.8.1", "10.9.8.2"}, set()]


def test_a_rebuild_asks_nothing() -> None:
    resolver = FakeResolver()
    judge = Judge(CATALOGUE, POLICY, resolver=resolver)

    judge.rebuild(Partition(ENTRIES, HOME), [stored(progress(), partition=HOME), stored(accept(23), 1, partition=HOME)])

    assert resolver.asked == []


def test_but_for_the_names_the_verdicts_are_the_same_with_and_without_a_resolver() -> None:
    items = [stored(accept(port), n) for n, port in enumerate((23, 992, 449, 8471, 3000))]
    items += [stored(connect(23), 9), stored(progress(), 10, partition=HOME)]

    named = published(FakeResolver({"10.9.8.7": CLIENT}), *items)

    assert [_nameless(record) for record in named] == published(None, *items)


def _nameless(record: AnyRecord) -> AnyRecord:
    if isinstance(record, Alert) and record.connection:
        return changed(record, connection=_without_names(record.connection))
    return _without_names(record) if isinstance(record, Verdict) else record


def _without_names(verdict: Verdict) -> Verdict:
    ends = [changed(end, name=None, name_status=None) for end in (verdict.source, verdict.destination)]
    return changed(verdict, source=ends[0], destination=ends[1])


def test_what_is_published_with_names_is_what_the_contract_says() -> None:
    resolver = FakeResolver({"10.9.8.7": CLIENT, "10.1.1.5": NONE})
    outputs = Judge(CATALOGUE, POLICY, resolver=resolver).process([stored(accept(23)), stored(accept(992))]).outputs

    assert [wrong_places(record.type, orjson.loads(record.value)) for record in outputs] == [set()] * 3
