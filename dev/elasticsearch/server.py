"""Elasticsearch's server process: its command line, its start and its end."""

import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from dev import fetch, java
from dev.elasticsearch.build import Built, build
from dev.part import STACK, Process, require_free

PORT = 19200

_HERE = Path(__file__).parent
_OLDEST_JAVA = 21


class Elasticsearch:
    """One node on 127.0.0.1; documents in `data` survive stop, kill and a new start.

    `settings` are those of the node, as in elasticsearch.yml: small limits there provoke 413 and 429.
    """

    def __init__(
        self,
        port: int = PORT,
        data: Path = STACK / "elasticsearch",
        *,
        heap: str = "512m",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.data = data.absolute()
        self._heap = heap
        self._settings = dict(settings or {})
        self._process = Process("elasticsearch", self.data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def exports(self) -> dict[str, str]:
        return {"SK2SIEM_ELASTIC__URL": self.url}

    def install(self) -> None:
        self._built()

    def start(self) -> None:
        built = self._built()
        self._process.require_stopped()
        require_free("elasticsearch", self.port)
        self._place_module(built.module)
        self._process.start(self._command(built))
        self._process.wait_until(self._answers, seconds=120)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _built(self) -> Built:
        jars = fetch.jars("elasticsearch", _HERE / "pom.xml")
        return build(jars, java.find(_OLDEST_JAVA))

    def _place_module(self, module: Path) -> None:
        # the server loads modules only from below its home, which is the data folder
        shutil.rmtree(self.data / "modules", ignore_errors=True)
        shutil.copytree(module, self.data / "modules" / module.name)
        (self.data / "tmp").mkdir(exist_ok=True)

    def _command(self, built: Built) -> list[str]:
        return [
            str(built.java),
            f"-Xms{self._heap}",
            f"-Xmx{self._heap}",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            f"-Djava.io.tmpdir={self.data / 'tmp'}",
            "-Dsun.net.httpserver.nodelay=true",
            "-Dsun.net.httpserver.idleInterval=300",
            "-Dsun.net.httpserver.maxIdleConnections=1000",
            "-Des.distribution.type=tar",
            "-cp",
            f"{built.classes}:{built.jars}/*",
            "sk2siem.launcher.Launcher",
            str(self.data),
            str(self.port),
            *(f"{name}={value}" for name, value in self._settings.items()),
        ]

    def _answers(self) -> bool:
        # a node that has just been started again answers 503 until it has found its shards
        health = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urllib.request.urlopen(health, timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as unready:
            unready.close()
            return False
        except OSError:
            return False
