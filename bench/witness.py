"""`python -m bench.witness COUNT FILE`: a reader of committed records; when it could read each entry, in FILE.

The file begins with THERE as soon as it reads; then come lines of a sequence number and a monotonic time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
from kafka import TopicPartition

from bench.processes import ROOT, look_until
from bench.stock import clients
from cli.settings import load
from schemas.topics import DEFAULT_PARTITIONS, ENTRIES

THERE = "there\n"
STARTS_WITHIN_SECONDS = 30.0
READS_WITHIN_SECONDS = 30.0


class Witness:
    """A witness that has been started; what it has seen is asked for when everything was published."""

    def __init__(self, process: "subprocess.Popen[bytes]", file: Path) -> None:
        self._process = process
        self._file = file

    def seen(self) -> dict[int, float]:
        """When each entry could be read, by its number, on the monotonic clock of this machine."""
        self._process.wait(READS_WITHIN_SECONDS)
        lines = self._file.read_text().removeprefix(THERE).splitlines()
        return {int(number): float(at) for number, at in (line.split() for line in lines)}


@contextmanager
def witness(settings: Mapping[str, str], count: int, file: Path) -> Iterator[Witness]:
    """One that reads from now on, until it has seen so many entries."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.witness", str(count), str(file)], env={**os.environ, **settings}, cwd=ROOT
    )
    try:
        look_until("the witness reads", lambda: file.exists() and file.stat().st_size > 0, STARTS_WITHIN_SECONDS)
        yield Witness(process, file)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    count, file = int(sys.argv[1]), Path(sys.argv[2])
    consumer = clients(load(os.environ)).reader()
    places = [TopicPartition(ENTRIES, number) for number in range(DEFAULT_PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_end(*places)
    for place in places:
        consumer.position(place)
    seen: list[str] = []
    with file.open("w") as out:
        out.write(THERE)
        out.flush()
        while len(seen) < count:
            for records in consumer.poll(500).values():
                now = time.monotonic()
                documents = (orjson.loads(record.value) for record in records)
                seen += [f"{document['sequence']} {now}\n" for document in documents if "detail_type" in document]
        out.writelines(seen)
    consumer.close()


if __name__ == "__main__":
    main()
