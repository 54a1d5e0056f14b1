"""A real Apache Kafka, one node that is broker and controller (KRaft), for development and tests."""

from dev.kafka.server import Kafka

__all__ = ["Kafka"]
