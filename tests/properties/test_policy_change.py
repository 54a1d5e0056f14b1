"""Workers that restart, and a policy that changes in between, by the dice and without processes."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from enricher.judge import Judge
from enricher.policy import Policy, Protocol
from runtime.offset_metadata import OffsetMetadata
from runtime.record import StoredRecord
from tests.chaos.open_connections import Line, OpenConnections, lines, prove
from tests.properties.journals import lay_out
from tests.unit.enricher.scripts import CATALOGUE, POLICY

SECONDS = 200
SHORTER = replace(POLICY, hash="shorter", window_seconds=10, weakest_protocol=Protocol.TLSV1_0)
LONGER = replace(POLICY, hash="longer", window_seconds=20)


def judged(stored: Sequence[StoredRecord], lives: Sequence[tuple[int, Policy]]) -> list[Line]:
    """One worker after the other on one partition, each up to its place, with the memory that it rebuilds."""
    found: list[Line] = []
    start, metadata, partition = 0, OffsetMetadata(), stored[0].partition
    for end, policy in lives:
        judge, low = Judge(CATALOGUE, policy), metadata.low
        seen = [record for record in stored[:start] if low is not None and record.offset >= low]
        judge.rebuild(partition, seen, metadata.undecided_from(policy.hash))
        found += lines(judge.process(stored[start:end]).outputs)
        needs = judge.needed_from(partition), judge.undecided_from(partition)
        start, metadata = end, OffsetMetadata(needs[0], policy.hash, open=needs[1])
    return found


@pytest.mark.parametrize("later", [pytest.param(SHORTER, id="shorter"), pytest.param(LONGER, id="longer")])
@pytest.mark.parametrize("seed", range(3))
def test_each_connection_gets_its_first_verdict_and_most_just_one(seed: int, later: Policy) -> None:
    dice, journal = random.Random(seed), OpenConnections(seed, 1)
    for _ in range(SECONDS):
        journal.second()
    journal.end()
    stored = lay_out(journal.written, 1)
    places = sorted(dice.sample(range(200, len(stored)), 9))
    change = len(stored) // 2
    lives = [(place, POLICY) for place in places if place < change] + [(change, POLICY)]
    lives += [(place, later) for place in places if place > change] + [(len(stored), later)]

    prove(journal, judged(stored, lives), POLICY, later)
