"""Creating topics, and saying what differs where they exist."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from runtime.broker import TopicState
from schemas.topics import Topic

DAY_MS = 86_400_000


def ensure(admin: KafkaAdminClient, topics: Sequence[Topic]) -> list[TopicState]:
    """Create the missing ones with the broker's own replication factor; leave the others as they are."""
    there = {str(found["name"]): found for found in admin.describe_topics([topic.name for topic in topics])}
    exists = {name for name, found in there.items() if not found["error_code"]}
    missing = [topic for topic in topics if topic.name not in exists]
    if missing:
        admin.create_topics(
            {topic.name: _wanted(topic) for topic in missing}, timeout_ms=20_000, wait_for_metadata=True
        )
    present = [topic for topic in topics if topic.name in exists]
    configs = _configs(admin, present) if present else {}
    states = {topic.name: _compare(topic, there[topic.name], configs[topic.name]) for topic in present}
    return [states.get(topic.name) or TopicState(topic.name, "created") for topic in topics]


def _wanted(topic: Topic) -> dict[str, Any]:
    return {"num_partitions": topic.partitions, "replication_factor": -1, "configs": _wanted_configs(topic)}


def _wanted_configs(topic: Topic) -> dict[str, str]:
    retention = "-1" if topic.retention_days is None else str(topic.retention_days * DAY_MS)
    return {"cleanup.policy": "compact" if topic.compact else "delete", "retention.ms": retention}


def _configs(admin: KafkaAdminClient, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource("TOPIC", topic.name) for topic in topics]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {name: {key: str(entry["value"]) for key, entry in entries.items()} for name, entries in found.items()}


def _compare(topic: Topic, found: Any, configs: dict[str, str]) -> TopicState:
    differences = [
        f"{name} is {configs.get(name)}, expected {value} (kafka-configs --alter)"
        for name, value in _wanted_configs(topic).items()
        if configs.get(name) != value
    ]
    partitions = len(found["partitions"])
    if partitions != topic.partitions:
        differences.insert(0, f"{partitions} partitions, expected {topic.partitions}")
    return TopicState(topic.name, "differs" if differences else "ok", "; ".join(differences))
