"""The path beside HEC on which a test scripts faults, changes settings and reads what was indexed."""

import json
from collections.abc import Callable
from dataclasses import asdict

from dev.hec.answers import Answer, document
from dev.hec.collector import Collector, Request
from dev.hec.faults import read_faults
from dev.hec.settings import BadInput

PREFIX = "/control/"


class Control:
    """Needs no token: whoever reaches the port may use it."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._actions: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "indexed"): lambda _: Answer(200, collector.indexed.read(), "application/x-ndjson"),
            ("DELETE", "indexed"): lambda _: _done(collector.indexed.clear),
            ("GET", "counts"): lambda _: self._tell_counts(),
            ("DELETE", "counts"): lambda _: _done(collector.counts.clear),
            ("GET", "faults"): lambda _: document(collector.faults.left()),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: _done(collector.faults.clear),
            ("GET", "settings"): lambda _: document(asdict(collector.settings)),
            ("POST", "settings"): self._change_settings,
        }

    def answer(self, request: Request) -> Answer:
        action = self._actions.get((request.method, request.path.removeprefix(PREFIX)))
        if action is None:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in self._actions)
            return document({"error": f"there is no {request.method} {request.path}; there are {known}"}, 404)
        try:
            return action(request)
        except BadInput as error:
            return document({"error": str(error)}, 400)
        except ValueError as error:
            return document({"error": f"the body is not JSON: {error}"}, 400)

    def _tell_counts(self) -> Answer:
        indexed = self._collector.indexed
        stored = {"indexed": indexed.count, "indexed_bytes": indexed.size_bytes}
        return document({**stored, **self._collector.counts.document()})

    def _add_faults(self, request: Request) -> Answer:
        self._collector.faults.extend(read_faults(json.loads(request.body)))
        return document(self._collector.faults.left())

    def _change_settings(self, request: Request) -> Answer:
        changes = json.loads(request.body)
        if not isinstance(changes, dict):
            raise BadInput("settings have to be a JSON object")
        self._collector.settings = self._collector.settings.changed(changes)
        return document(asdict(self._collector.settings))


def _done(action: Callable[[], None]) -> Answer:
    action()
    return document({"done": True})
