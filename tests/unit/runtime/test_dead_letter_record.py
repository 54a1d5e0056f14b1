"""A dead letter keeps the original bytes and says where they came from and why they were rejected."""

from runtime.dead_letters import dead_letter
from runtime.flow import Reason
from runtime.record import Offset, Partition, StoredRecord
from runtime.release import release

ORIGINAL = StoredRecord(Partition("sk.entries", 4), Offset(77), b"PROD1|10.0.0.1", b"\xff not JSON", "entry")


def test_it_goes_to_the_topic_of_the_service_with_key_and_value_untouched() -> None:
    letter = dead_letter(ORIGINAL, Reason("not-json", "the value is not JSON"), "enricher")

    assert (letter.topic, letter.partition, letter.type) == ("sk.dead-letters.enricher", 0, "dead-letter")
    assert (letter.key, letter.value) == (ORIGINAL.key, ORIGINAL.value)


def test_its_headers_have_kafka_connects_names() -> None:
    letter = dead_letter(ORIGINAL, Reason("not-json", "the value is not JSON"), "enricher")

    headers = {name: value.decode() for name, value in letter.headers}
    assert headers.pop("x-rejected-at").endswith("Z")
    assert headers.pop("x-app-version") == release()
    assert headers == {
        "__connect.errors.topic": "sk.entries",
        "__connect.errors.partition": "4",
        "__connect.errors.offset": "77",
        "__connect.errors.connector.name": "enricher",
        "__connect.errors.stage": "TASK_PUT",
        "__connect.errors.exception.class.name": "not-json",
        "__connect.errors.exception.message": "the value is not JSON",
        "x-reason": "not-json",
        "x-original-type": "entry",
    }
