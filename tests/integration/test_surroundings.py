"""What a partition is asked besides its journal, and what becomes of it where the answer is no."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from dev.ibmi import Control, Ibmi
from producer.connection_watch import LOOK_EVERY
from producer.odbc import Odbc
from producer.receivers import Receiver
from producer.settings import IbmiSettings, ProducerSettings
from producer.surroundings import Surroundings
from producer.time_to_loss import Deletion
from runtime.bounded import Bounded
from runtime.shutdown import Shutdown
from tests.fakes.clock import FakeClock
from tests.integration.journal import FIRST, LIBRARY, NOW, Open, entry, place


@pytest.fixture
def odbc(ibmi: Ibmi, control: Control) -> Iterator[Odbc]:
    exported = ibmi.exports()
    settings = IbmiSettings(
        system=exported["SK2SIEM_IBMI__SYSTEM"],
        username=exported["SK2SIEM_IBMI__USERNAME"],
        password=SecretStr(exported["SK2SIEM_IBMI__PASSWORD"]),
    )
    opened = Odbc(settings, Bounded(Shutdown()))
    yield opened
    opened.close()


@pytest.fixture
def surroundings(odbc: Odbc) -> Surroundings:
    return Surroundings(odbc, ProducerSettings())


def test_how_receivers_are_deleted_and_how_full_the_attached_one_is(
    control: Control, surroundings: Surroundings
) -> None:
    control.set_delete_receivers(wanted=True)
    control.set_threshold(10_000)
    control.append(entry(number) for number in range(2, 4098))

    found = surroundings.deletion()

    assert found == Deletion(by_system=True, delay=timedelta(minutes=10), filled=0.5)


def test_an_empty_receiver_tells_nothing_of_how_full_it_becomes(surroundings: Surroundings) -> None:
    assert surroundings.deletion() == Deletion(by_system=False, delay=timedelta(minutes=10))


def test_a_receiver_knows_which_one_was_attached_before_it(control: Control, surroundings: Surroundings) -> None:
    first, second = Receiver(LIBRARY, FIRST, 1, 3, NOW), Receiver(LIBRARY, control.rotate(), 4, 4, NOW)

    assert surroundings.follows(second, place(3))
    assert not surroundings.follows(second, place(3, "AUDRCV0000"))
    assert surroundings.follows(first, place(3, "AUDRCV0000"))


def test_the_processor_time_of_the_own_server_job_grows_with_what_is_read(
    control: Control, odbc: Odbc, surroundings: Surroundings
) -> None:
    first = surroundings.own_cpu()
    odbc.query("keeping the job busy", "SELECT COUNT(*) FROM generate_series(1, 1000000) AS N")

    later = surroundings.own_cpu()

    assert first == timedelta()
    assert later > timedelta(milliseconds=10)


def test_a_new_server_job_begins_anew(odbc: Odbc, surroundings: Surroundings) -> None:
    surroundings.own_cpu()
    odbc.close()

    assert surroundings.own_cpu() == timedelta()


def test_what_is_refused_is_not_asked_again(control: Control, surroundings: Surroundings) -> None:
    control.network.withdraw("ACTIVE_JOB_INFO")
    control.forget_statements()

    found = [surroundings.own_cpu(), surroundings.own_cpu()]

    assert found == [timedelta(), timedelta()]
    assert len([one for one in control.statements() if "ACTIVE_JOB_INFO" in one]) == 1


def test_the_connections_of_the_moment_without_listeners_and_what_is_closing(
    control: Control, surroundings: Surroundings
) -> None:
    network = control.network
    network.listen(23, "telnet")
    network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.7", 50123, None))
    network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.7", 50124, None), state="TIME-WAIT")

    assert surroundings.connections() == frozenset([("10.1.1.5", 23, "10.9.8.7", 50123)])


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_connections_that_may_not_be_seen_are_not_known(
    control: Control, surroundings: Surroundings, kind: str
) -> None:
    control.network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.7", 50123, None))
    control.network.set_connections_authority(kind)

    assert surroundings.connections() is None


def test_a_reader_tells_of_connections_that_the_journal_does_not_have(control: Control, open_reader: Open) -> None:
    clock = FakeClock()
    reader, network = open_reader(clock=clock), control.network
    network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.7", 50123, None))
    after, told = None, list[int | None]()
    for port in range(3):
        clock.advance(LOOK_EVERY.total_seconds() + 1)
        page = reader.read(after, 100)
        after = page.place
        told.append(page.unaudited)
        network.connect(("10.1.1.5", 23, "telnet"), ("10.9.8.8", port + 1, None))

    assert told == [None, None, 2]
