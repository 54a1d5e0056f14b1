"""The HEC double as the tests of the Splunk sink need it: told what to break, asked what it holds."""

import json
from dataclasses import dataclass

import orjson
import urllib3

from dev.hec import TOKEN, Hec
from runtime.metrics import Metrics
from sinks.splunk.settings import SplunkSettings
from sinks.splunk.sink import SplunkSink


@dataclass
class Double:
    hec: Hec
    http: urllib3.PoolManager

    def fault(self, **fault: object) -> None:
        answer = self.http.request("POST", f"{self.hec.url}/control/faults", body=json.dumps([fault]))
        assert answer.status == 200

    def heal(self) -> None:
        self.http.request("DELETE", f"{self.hec.url}/control/faults")

    def ids(self) -> list[str]:
        lines = self.http.request("GET", f"{self.hec.url}/control/indexed").data.splitlines()
        return [orjson.loads(line)["event"]["event_id"] for line in lines]

    def sink(self, metrics: Metrics, **changes: object) -> SplunkSink:
        usual = {"url": self.hec.url, "token": TOKEN, "gzip": False}
        return SplunkSink(SplunkSettings.model_validate({**usual, **changes}), metrics)
