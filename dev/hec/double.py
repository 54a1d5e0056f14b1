"""The double as a part of the local stack: a process of its own, so that a benchmark beside it stays honest."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from dev.hec.search import SEARCH_TOKEN
from dev.hec.settings import Settings
from dev.hec.tokens import TOKEN
from dev.part import STACK, Process, require_free

PORT = 18088

_ROOT = Path(__file__).resolve().parents[2]


class Hec:
    """A HEC on 127.0.0.1; what it indexed stays in `data/indexed.ndjson` over stop, kill and a new start."""

    def __init__(
        self, port: int = PORT, data: Path = STACK / "hec", *, settings: Mapping[str, object] | None = None
    ) -> None:
        """Faults, counts and acknowledgements end with the process. Raises BadInput for unknown settings."""
        Settings().changed(settings or {})
        self.port = port
        self.data = data.absolute()
        self._settings = dict(settings or {})
        self._process = Process("hec", self.data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def exports(self) -> dict[str, str]:
        return {
            "SK2SIEM_SPLUNK__URL": self.url,
            "SK2SIEM_SPLUNK__TOKEN": TOKEN,
            "SK2SIEM_SPLUNK__SEARCH_URL": self.url,
            "SK2SIEM_SPLUNK__SEARCH_TOKEN": SEARCH_TOKEN,
        }

    def install(self) -> None:
        """Nothing to fetch: the standard library is all it needs."""

    def start(self) -> None:
        self._process.require_stopped()
        require_free("hec", self.port)
        options = ["--port", str(self.port), "--data", str(self.data), "--settings", json.dumps(self._settings)]
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        self._process.start([sys.executable, "-m", "dev.hec.listener", *options], env={"PYTHONPATH": path})
        self._process.wait_until(self._is_healthy, seconds=30)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/services/collector/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
