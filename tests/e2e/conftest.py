"""A pipeline of its own for each test: fresh topics, a fresh journal, fresh streams."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.ibmi import Ibmi
from dev.kafka import Kafka
from dev.part import free_port
from tests.e2e.pipeline import Pipeline

BEFORE_THE_JOURNAL = datetime(2026, 11, 1)


@pytest.fixture
def pipeline(kafka: Kafka, elasticsearch: Elasticsearch, ibmi: Ibmi, tmp_path: Path) -> Iterator[Pipeline]:
    """`kafka` proves that Kafka can be had; the pipeline starts one of its own, since topic names are fixed."""
    del kafka
    ibmi.control.reset(BEFORE_THE_JOURNAL)
    ibmi.control.set_clock(None)
    with (
        Kafka(port=free_port(), data=tmp_path / "kafka") as own_kafka,
        Hec(port=free_port(), data=tmp_path / "hec") as own_hec,
    ):
        made = Pipeline(own_kafka, elasticsearch, ibmi, own_hec, tmp_path)
        made.init()
        try:
            yield made
        finally:
            for service in made.services.values():
                service.discard()
            made.broker.close()
