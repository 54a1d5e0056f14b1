"""The real parts of the local stack, one of each for the whole run; a test that kills a part starts it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from hypothesis import settings

from dev.certificates import Certificates, make
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.ibmi import Ibmi
from dev.kafka import Kafka
from dev.part import Part, free_port
from dev.rsyslog import Rsyslog
from tests.missing import or_give_up

PartT = TypeVar("PartT", bound=Part)

settings.register_profile("sk2siem", deadline=None)  # how fast something is stands in bench/
settings.load_profile("sk2siem")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with _running(Kafka(port=free_port(), data=tmp_path_factory.mktemp("kafka"))) as part:
        yield part


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    with _running(Elasticsearch(port=free_port(), data=tmp_path_factory.mktemp("elasticsearch"))) as part:
        yield part


@pytest.fixture(scope="session")
def ibmi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ibmi]:
    with _running(Ibmi(port=free_port(), data=tmp_path_factory.mktemp("ibmi"))) as part:
        yield part


@pytest.fixture(scope="session")
def hec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hec]:
    with _running(Hec(port=free_port(), data=tmp_path_factory.mktemp("hec"))) as part:
        yield part


@pytest.fixture(scope="session")
def rsyslog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rsyslog]:
    with _running(Rsyslog(port=free_port(), data=tmp_path_factory.mktemp("rsyslog"))) as part:
        yield part


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@contextmanager
def _running(part: PartT) -> Iterator[PartT]:
    or_give_up(part.start)
    try:
        yield part
    finally:
        part.stop()
