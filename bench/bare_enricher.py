"""Kafka to Kafka with nothing in between: as many records with as many bytes, in the same transactions."""

from bench.bare import Supply, arguments, member, offsets_of, prepared, sendable, transactional
from schemas.topics import ALERTS, ENTRIES, VERDICTS


def main() -> None:
    settings, meter, file = arguments()
    outputs = [sendable(record) for record in prepared(file, (VERDICTS, ALERTS))]
    supply = Supply(outputs, sum(record.type == "entry" for record in prepared(file, (ENTRIES,))))
    producer = transactional(settings)
    consumer = member(settings, "enricher", (ENTRIES,))
    while not meter.done:
        polled = consumer.poll(200)
        if not polled:
            continue
        meter.begin()
        entries = sum(record.headers[0][1] == b"entry" for part in polled.values() for record in part)
        producer.begin_transaction()
        for output in supply.take(entries):
            producer.send(*output)
        producer.send_offsets_to_transaction(offsets_of(polled), consumer.group_metadata())
        producer.commit_transaction()
        meter.settle(entries)
    meter.report()


if __name__ == "__main__":
    main()
