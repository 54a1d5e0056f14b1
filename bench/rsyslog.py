"""rsyslog as Debian has it, from a Kafka topic into Elasticsearch: imkafka, its queue in memory, omelasticsearch."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measurement import Measurement
from bench.processes import LONGEST_SECONDS, ProgramFailed
from bench.watched import Watched
from dev import fetch
from dev.part import Missing
from schemas.topics import VERDICTS

PACKAGES = ("rsyslog", "rsyslog-kafka", "rsyslog-elasticsearch")
LOOK_SECONDS = 0.05
CONFIGURATION = """\
global(workDirectory="{folder}" maxMessageSize="256k" parser.escapeControlCharactersOnReceive="off")
module(load="imkafka")
module(load="omelasticsearch")
main_queue(queue.workerThreads="{workers}" queue.workerThreadMinimumMessages="500" queue.dequeueBatchSize="500")
template(name="value" type="list") {{ property(name="rawmsg") }}
ruleset(name="out") {{
  action(
    type="omelasticsearch" server="127.0.0.1" serverport="{port}" bulkmode="on" esVersion.major="8" searchType=""
    searchIndex="{index}" writeoperation="create" template="value" errorfile="{folder}/errors.json"
    action.resumeRetryCount="-1"
  )
}}
input(
  type="imkafka" topic="{topic}" broker="{bootstrap}" consumergroup="{group}" ruleset="out"
  confParam=["auto.offset.reset=earliest", "session.timeout.ms=6000"]
)
"""


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where, and how many of its workers send at the same time. Each index has a group of its own."""

    bootstrap: str
    elasticsearch_port: int
    index: str
    workers: int


def install() -> str:
    """The program, with its modules there. Raises Missing, with what to install."""
    fetch.debian(*PACKAGES)
    program = shutil.which("rsyslogd") or shutil.which("/usr/sbin/rsyslogd")
    if program is None:
        raise Missing("rsyslogd was not found: install rsyslog")
    return program


def start(way: Way, folder: Path, log: Path) -> Watched:
    """Raises Missing."""
    program = install()
    folder.mkdir(exist_ok=True)
    configuration = folder / "rsyslog.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            workers=way.workers,
            port=way.elasticsearch_port,
            index=way.index,
            topic=VERDICTS,
            bootstrap=way.bootstrap,
            group=f"rsyslog-{way.index}",
        )
    )
    return Watched([program, "-n", "-f", str(configuration), "-i", str(folder / "rsyslogd.pid")], {}, log)


def measure(way: Way, entries: int, stored: Callable[[], int], *, folder: Path, log: Path) -> Measurement:
    """From the first document to at least so many, as the server counts them. Raises ProgramFailed, Missing."""
    deadline = time.monotonic() + LONGEST_SECONDS
    with start(way, folder, log) as rsyslog:

        def wait_for(count: int) -> tuple[int, float, float]:
            while (found := stored()) < count:
                if rsyslog.ended or time.monotonic() > deadline:
                    raise ProgramFailed(f"rsyslog stored {found} of {entries} documents; see {log}")
                time.sleep(LOOK_SECONDS)
            return found, time.monotonic(), rsyslog.cpu_seconds

        first, began, cpu_before = wait_for(1)
        last, ended, cpu_after = wait_for(first + entries)
        return Measurement(last - first, 1, ended - began, cpu_after - cpu_before, rsyslog.peak_rss_mib)
