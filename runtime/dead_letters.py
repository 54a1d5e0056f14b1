"""Dead letters: the original bytes with Kafka Connect's header names, so that existing tools understand them."""

from datetime import UTC, datetime

from runtime.flow import Reason
from runtime.record import TYPE_HEADER, Header, Record, StoredRecord
from runtime.release import release
from schemas.topics import dead_letters

PREFIX = "__connect.errors."
TYPE = "dead-letter"


def dead_letter(record: StoredRecord, reason: Reason, service: str) -> Record:
    """The dead letter of a record that `service` rejected: same key and value, origin and reason in headers."""
    origin = ((PREFIX + "topic", record.partition.topic), (PREFIX + "partition", str(record.partition.number)))
    headers = headers_of(reason, service, record.type, (*origin, (PREFIX + "offset", str(record.offset))))
    return Record(dead_letters(service), record.key, record.value, TYPE, 0, (*record.headers, *headers))


def headers_of(
    reason: Reason, service: str, original_type: str, origin: tuple[tuple[str, str], ...]
) -> tuple[Header, ...]:
    """Kafka Connect's names first, then ours (`x-…`); schemas/v1/dead-letter-headers.schema.json lists them."""
    texts = (
        *origin,
        (PREFIX + "connector.name", service),
        (PREFIX + "stage", "TASK_PUT"),
        (PREFIX + "exception.class.name", reason.code),
        (PREFIX + "exception.message", reason.message),
        ("x-reason", reason.code),
        ("x-original-type", original_type),
        ("x-app-version", release()),
        ("x-rejected-at", datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    )
    return tuple((name, text.encode()) for name, text in texts if name != TYPE_HEADER)
