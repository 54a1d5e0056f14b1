"""Kafka's server process: its properties, its storage, its start and its end."""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from dev import fetch, java
from dev.part import STACK, Failed, Process, accepts, free_port, is_free, require_free

PORT = 19092

_HERE = Path(__file__).parent
_OLDEST_JAVA = 17


class Kafka:
    """One broker on 127.0.0.1; topics, offsets and transactions in `data` survive stop, kill and a new start."""

    def __init__(
        self, port: int = PORT, data: Path = STACK / "kafka", *, settings: Mapping[str, str] | None = None
    ) -> None:
        self.port = port
        self.data = data.absolute()
        self._settings = dict(settings or {})
        self._process = Process("kafka", self.data)

    @property
    def bootstrap(self) -> str:
        """What a Kafka client wants as its bootstrap server."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"kafka://{self.bootstrap}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def exports(self) -> dict[str, str]:
        return {"SK2SIEM_BROKER__URL": self.url}

    def install(self) -> None:
        self._jars_and_java()

    def start(self) -> None:
        jars, runtime = self._jars_and_java()
        self._process.require_stopped()
        require_free("kafka", self.port)
        self.data.mkdir(parents=True, exist_ok=True)
        properties = self._write_properties()
        command = _java_command(runtime.java, jars, logs=self.data)
        self._format_once(command, properties)
        self._process.start([*command, "kafka.Kafka", str(properties)])
        self._process.wait_until(lambda: accepts(self.port), seconds=90)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _jars_and_java(self) -> tuple[Path, java.Java]:
        return fetch.jars("kafka", _HERE / "pom.xml"), java.find(_OLDEST_JAVA)

    def _write_properties(self) -> Path:
        file = self.data / "server.properties"
        controller = self.port + 1 if is_free(self.port + 1) else free_port()
        properties = _properties(self.port, controller, self.data / "topics") | self._settings
        file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        return file

    def _format_once(self, java_command: list[str], properties: Path) -> None:
        if (self.data / "topics" / "meta.properties").exists():
            return
        command = [*java_command, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"kafka could not format its storage:\n{done.stdout}{done.stderr}")


def _java_command(executable: Path, jars: Path, *, logs: Path) -> list[str]:
    return [
        str(executable),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        f"-Dkafka.logs={logs}",
        f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}",
        "-cp",
        f"{jars}/*",
    ]


def _properties(port: int, controller: int, topics: Path) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(topics),
        "num.partitions": "6",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        # the default of 9 s is how long a broker waits for its own old session after a SIGKILL
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
    }


def _cluster_id() -> str:
    # Kafka writes a UUID as 22 characters of URL-safe Base64 and refuses one that begins with a dash
    while (name := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return name
