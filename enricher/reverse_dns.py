"""Reverse DNS: the names of a batch's addresses, asked for together and never waited for longer than one deadline.

All lookups live in a thread of their own with an asyncio loop. The enricher waits for them up to the deadline; what is
answered later is in the cache when the address comes again. The only module that knows aiodns.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import wait as wait_for
from threading import Event, Lock, Thread
from typing import Self

import aiodns
import pycares

from enricher.dns_cache import Lifetimes, NameCache
from enricher.dns_lookup import NoAnswer, look_up
from enricher.dns_records import DnsRecord, Kind, Question, question_about
from enricher.names import Name, NameStatus
from enricher.patience import Patience
from enricher.settings import DnsSettings
from runtime.errors import ConfigError
from runtime.metrics import Metrics
from runtime.shutdown import Shutdown

SKIPPED = Name(None, "skipped")
TIMEOUT = Name(None, "timeout")
NOTHING_THERE = (aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA)
LOOK_SECONDS = 0.05
CLOSE_SECONDS = 5.0
FIRST_TRY_SECONDS = 2.0
TRIES = 4
WAITING_PER_SLOT = 10
PATIENCE_SECONDS = 0.5
PATIENCE_SHARE = 0.02


class ReverseDns:
    """Implements `ReverseResolver`. Used from one thread; closed with `close`, after which it only remembers."""

    def __init__(
        self,
        settings: DnsSettings,
        *,
        shutdown: Shutdown,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ConfigError where the name servers cannot be used."""
        self._settings = settings
        self._shutdown = shutdown
        self._metrics = metrics
        self._clock = clock
        lifetimes = Lifetimes(settings.shortest_ttl, settings.longest_ttl, settings.negative_ttl)
        self._cache = NameCache(settings.cache_size, lifetimes, clock)
        self._lock = Lock()
        deadline = settings.deadline_ms / 1000
        self._patience = Patience(deadline, most=PATIENCE_SECONDS, share=PATIENCE_SHARE, clock=clock)
        self._loop = asyncio.new_event_loop()
        self._servers = NameServers(settings, self._loop)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._flights: dict[str, asyncio.Task[Name]] = {}
        self._expected: set[str] = set()
        self._thread = Thread(target=self._loop.run_forever, name="reverse-dns", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def known(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """See `ReverseResolver`."""
        with self._lock:
            return {address: name for address in addresses if (name := self._cache.get(address)) is not None}

    def expect(self, addresses: Collection[str]) -> None:
        """See `ReverseResolver`."""
        names = self.known(addresses)
        asked = self._questions(addresses, names)
        self._expected = {question.address for question in asked}
        if asked and not self._is_over:
            self._loop.call_soon_threadsafe(self._begin, asked, {}, Event())

    def resolve(self, addresses: Collection[str]) -> Mapping[str, Name]:
        """See `ReverseResolver`. What is not known in time is `timeout`, what is not asked about `skipped`."""
        names = self.known(addresses)
        expected, self._expected = self._expected, set()
        self._metrics.dns_cache_hits.inc(len(names) - sum(address in names for address in expected))
        asked = self._questions(addresses, names)
        learnt = self._ask(asked) if asked and not self._is_over else {}
        late = {question.address: TIMEOUT for question in asked if question.address not in learnt}
        self._metrics.dns_late.inc(len(late))
        return {**dict.fromkeys(addresses, SKIPPED), **names, **late, **learnt}

    def close(self) -> None:
        """End every lookup and the thread; harmless when it is called again."""
        if self._loop.is_closed():
            return
        ended = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        wait_for([ended], CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    @property
    def _is_over(self) -> bool:
        return self._loop.is_closed() or self._shutdown.requested

    def _questions(self, addresses: Collection[str], names: Mapping[str, Name]) -> list[Question]:
        questions = [self._question(address) for address in addresses if address not in names]
        return [question for question in questions if question is not None]

    def _question(self, address: str) -> Question | None:
        question = question_about(address)
        return question if question and (self._settings.private or not question.is_private) else None

    def _ask(self, questions: Sequence[Question]) -> dict[str, Name]:
        """The answers that came while it was worth waiting."""
        learnt: dict[str, Name] = {}
        all_there = Event()
        seconds = self._patience.seconds()
        if not seconds:
            questions = [question for question in questions if question.address not in self._flights]
        self._loop.call_soon_threadsafe(self._begin, questions, learnt, all_there)
        if seconds:
            self._wait(all_there, seconds)
        return dict(learnt)

    def _wait(self, all_there: Event, seconds: float) -> None:
        """A stop ends it at once, and a wait in vain has its price."""
        started = time.monotonic()
        while not all_there.is_set() and not self._shutdown.requested:
            left = started + seconds - time.monotonic()
            if left <= 0:
                self._patience.lost(seconds)
                return
            all_there.wait(min(left, LOOK_SECONDS))

    def _begin(self, questions: Sequence[Question], learnt: dict[str, Name], all_there: Event) -> None:
        """In the loop's thread: ask everything at once; `learnt` is filled as the answers come."""
        flights = [flight for question in questions if (flight := self._flight(question, learnt)) is not None]
        asyncio.gather(*flights, return_exceptions=True).add_done_callback(lambda _: all_there.set())

    def _flight(self, question: Question, learnt: dict[str, Name]) -> "asyncio.Task[Name] | None":
        """The one lookup of an address that is under way, whoever asked first; None where too many wait already."""
        address = question.address
        flight = self._flights.get(address)
        if flight is None:
            if len(self._flights) >= self._settings.concurrency * WAITING_PER_SLOT:
                return None
            flight = self._flights[address] = self._loop.create_task(self._look_up(question))
            flight.add_done_callback(lambda _: self._flights.pop(address, None))
        flight.add_done_callback(lambda done: None if done.cancelled() else learnt.update({address: done.result()}))
        return flight

    async def _look_up(self, question: Question) -> Name:
        async with self._slots:
            learnt = await look_up(question, self._servers.ask, confirm=self._settings.confirm)
        with self._lock:
            self._cache.put(question.address, learnt.name, learnt.ttl)
        self._metrics.dns_lookup(learnt.name.status)
        return learnt.name

    async def _end(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._servers.close()


class NameServers:
    """aiodns, for public addresses and for the others; no exception of its passes."""

    def __init__(self, settings: DnsSettings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._loop = loop
        try:
            self._public = _resolver(settings.servers, loop)
            is_shared = settings.private_servers == settings.servers
            self._private = self._public if is_shared else _resolver(settings.private_servers, loop)
        except (pycares.AresError, OSError) as error:
            raise ConfigError(f"SK2SIEM_ENRICHER__DNS__SERVERS: these name servers cannot be used: {error}") from error

    async def ask(self, name: str, kind: Kind, *, is_private: bool) -> Sequence[DnsRecord]:
        """See `Ask`."""
        try:
            async with asyncio.timeout(self._settings.lookup_seconds):
                answer = await self._answer(name, kind, is_private=is_private)
        except TimeoutError as error:
            raise NoAnswer("timeout") from error
        except aiodns.error.DNSError as error:
            raise NoAnswer(_status(error)) from error
        return [record for found in answer.answer if (record := _record(found)) is not None]

    async def _answer(self, name: str, kind: Kind, *, is_private: bool) -> pycares.DNSResult:
        """An answer that cannot be read ends every question that shares a socket with it, and whoever is asked about
        wrote that answer: so such a question is asked once more, over a socket of its own.
        """
        try:
            return await (self._private if is_private else self._public).query_dns(name, kind)
        except aiodns.error.DNSError as error:
            if error.args[0] != aiodns.error.ARES_EBADRESP:
                raise
        servers = self._settings.private_servers if is_private else self._settings.servers
        alone = _resolver(servers, self._loop, tries=1)
        try:
            return await alone.query_dns(name, kind)
        finally:
            await alone.close()

    async def close(self) -> None:
        for resolver in {self._public, self._private}:
            await resolver.close()


def _resolver(servers: Sequence[str], loop: asyncio.AbstractEventLoop, tries: int = TRIES) -> aiodns.DNSResolver:
    return aiodns.DNSResolver(servers or None, loop, timeout=FIRST_TRY_SECONDS, tries=tries)


def _status(error: aiodns.error.DNSError) -> NameStatus:
    if error.args[0] in NOTHING_THERE:
        return "none"
    return "timeout" if error.args[0] == aiodns.error.ARES_ETIMEOUT else "error"


def _record(found: pycares.DNSRecord) -> DnsRecord | None:
    """None for a kind of record that tells nothing here."""
    match found.data:
        case pycares.PTRRecordData(dname=value):
            return DnsRecord(found.name, "PTR", found.ttl, value)
        case pycares.CNAMERecordData(cname=value):
            return DnsRecord(found.name, "CNAME", found.ttl, value)
        case pycares.ARecordData(addr=value):
            return DnsRecord(found.name, "A", found.ttl, value)
        case pycares.AAAARecordData(addr=value):
            return DnsRecord(found.name, "AAAA", found.ttl, value)
    return None
