"""The Kafka broker: transactions, static membership, offsets with metadata, by kafka-python."""

from runtime.kafka.broker import KafkaBroker

__all__ = ["KafkaBroker"]
