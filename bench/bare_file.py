"""Kafka to files with nothing in between: as many lines with as many bytes, and the same fsyncs."""

import os
from pathlib import Path

from bench.bare import arguments, member, offsets_of
from runtime.kafka.client import REQUEST_TIMEOUT_MS
from schemas.topics import ALERTS, VERDICTS
from sinks.file.sink import FILES


def main() -> None:
    settings, meter, _ = arguments()
    assert settings.file
    folder = Path(settings.file.path)
    folder.mkdir(parents=True)
    files = {
        kind.encode(): os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for kind, name in FILES.items()
    }
    consumer = member(settings, "file", (VERDICTS, ALERTS))
    while not meter.done:
        polled = consumer.poll(200)
        if not polled:
            continue
        meter.begin()
        lines: dict[bytes, list[bytes]] = {}
        for part in polled.values():
            for record in part:
                lines.setdefault(record.headers[0][1], []).append(record.value + b"\n")
        for kind, content in lines.items():
            os.write(files[kind], b"".join(content))
            os.fsync(files[kind])
        consumer.commit(offsets_of(polled), timeout_ms=REQUEST_TIMEOUT_MS)
        meter.settle(len(lines.get(b"verdict", ())) + len(lines.get(b"event", ())))
    meter.report()


if __name__ == "__main__":
    main()
