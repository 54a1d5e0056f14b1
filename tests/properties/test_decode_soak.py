"""Mutated entries and random bytes, ten million of them: the decoder answers with an entry or a reason, always."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from producer.audit_levels import decode_sv
from producer.decode import EntryFacts, decode
from producer.reader import JournalRow, Place
from producer.simulator.encoder import EntryData, encode_entry, encode_system_value
from runtime.flow import Reason
from schemas.codec import decode_as, encode
from schemas.records import Audit, DetailType, Entry

INPUTS = 10_000_000
CODEC_EVERY = 100
WRITTEN = datetime(2026, 11, 22, 2, 15)
PLACE = Place("AUDLIB", "AUDRCV0001", 5)
FACTS = EntryFacts(
    "PROD1", "QSYS/QAUDJRN", "fuzz", lambda local: local.replace(tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC)
)
SOCKETS = [
    encode_entry(EntryData(kind, local, port, remote, 50123, family="", secure_version="TLSV1.3", host_name="pc1"))
    for kind in DetailType
    for local, port, remote in [("10.1.1.5", 23, "10.9.8.7"), ("2001:db8::5", 992, "2001:db8::7"), ("::", 0, "::1")]
]
VALUES = [
    encode_system_value(name, ("*NETSCK", "*NETSECURE"), ("*NONE",)) for name in ("QAUDLVL", "QAUDCTL", "QTIMZON")
]
TELLING = b"\x00\x40\xff\xc1\xe2\xe7\xf0\xf9\x4b\x7a\x5c\x6d"
"""Bytes that mean something in the layouts: padding, types, digits, points, stars."""


def overwrite(dice: random.Random, data: bytes) -> bytes:
    at, size = dice.randrange(len(data) + 1), dice.randrange(1, 40)
    return data[:at] + dice.randbytes(size) + data[at + size :]


def repeat(dice: random.Random, data: bytes) -> bytes:
    at, size = dice.randrange(len(data) + 1), dice.randrange(1, 60)
    return data[:at] + bytes([dice.choice(TELLING)]) * size + data[at + size :]


def cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def shift(dice: random.Random, data: bytes) -> bytes:
    return data[dice.randrange(1, 4) :] if dice.random() < 0.5 else dice.randbytes(dice.randrange(1, 4)) + data


def flip(dice: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def grow(dice: random.Random, data: bytes) -> bytes:
    return data + dice.randbytes(dice.randrange(200))


MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [overwrite, repeat, cut, shift, flip, grow]


def inputs(count: int, seed: int) -> Iterator[JournalRow]:
    dice = random.Random(seed)
    for number in range(count):
        kind = "SV" if number % 5 == 4 else "SK"
        if number % 10 == 0:
            data = dice.randbytes(dice.randrange(1200))
        else:
            data = dice.choice(VALUES if kind == "SV" else SOCKETS)
            for _ in range(dice.randrange(4)):
                data = dice.choice(MUTATIONS)(dice, data)
        yield JournalRow(PLACE, WRITTEN, kind, data)


def fuzz(count: int, seed: int) -> Counter[str]:
    """How often each answer came; fails at the first one that is no answer."""
    answers: Counter[str] = Counter()
    for number, row in enumerate(inputs(count, seed)):
        found = decode(row, FACTS) if row.entry_type == "SK" else decode_sv(row, FACTS)
        answers[found.code if isinstance(found, Reason) else type(found).__name__] += 1
        assert found is None or isinstance(found, Entry | Audit | Reason)
        if isinstance(found, Entry | Audit) and number % CODEC_EVERY == 0:
            assert decode_as(type(found), encode(found)) == found
    return answers


@pytest.mark.parametrize(
    "count", [pytest.param(20_000, id="few"), pytest.param(INPUTS, id="many", marks=pytest.mark.soak)]
)
@pytest.mark.timeout(3600)
def test_whatever_the_bytes_are_there_is_an_entry_or_a_reason(count: int) -> None:
    answers = fuzz(count, seed=5)

    assert answers.total() == count
    assert {"Entry", "Audit", "NoneType", "entry-data-too-short", "bad-port", "bad-address"} <= answers.keys()
