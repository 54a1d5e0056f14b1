"""One page in Chromium: what it asked the network for, what went wrong in it, what it says, how it looks."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.chromium.pipe import Message, Pipe
from dev.part import Failed


class Page:
    """Everything that happens in it is watched from before it loads."""

    def __init__(self, pipe: Pipe, session: str) -> None:
        self._pipe = pipe
        self._session = session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    @property
    def requests(self) -> list[str]:
        """The addresses of everything that was asked for, the page itself first; whatever forbade it came later."""
        return [event["params"]["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    @property
    def errors(self) -> list[str]:
        """Uncaught errors of scripts, and what the browser complained about: refused scripts, styles, loads."""
        thrown = [event["params"]["exceptionDetails"]["text"] for event in self._events("Runtime.exceptionThrown")]
        logged = [event["params"]["entry"]["text"] for event in self._events("Log.entryAdded")]
        return thrown + logged

    def load(self, url: str, *, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **metrics)
        self._call("Page.navigate", url=url)
        self._pipe.wait_for("Page.loadEventFired", self._session)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page. Raises Failed where it throws."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failed(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`, as the reader's system says."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path, *, height: int | None = None) -> Path:
        """Of the whole page, or of its first `height` pixels."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": 0,
            "width": size["width"],
            "height": min(height or size["height"], size["height"]),
            "scale": 1,
        }
        return self._save(path, self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True))

    def pdf(self, path: Path) -> Path:
        """As it prints, on A4, by the page's own rules."""
        return self._save(path, self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=False))

    def media(self, name: str) -> None:
        """Lay it out for `print` or `screen`."""
        self._call("Emulation.setEmulatedMedia", media=name)

    def _events(self, method: str) -> Sequence[Message]:
        # a call is answered behind everything that happened before it
        self._call("Runtime.evaluate", expression="0")
        return [
            event
            for event in self._pipe.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]

    def _call(self, method: str, **parameters: object) -> Message:
        return self._pipe.call(method, parameters, self._session)

    def _save(self, path: Path, answer: Message) -> Path:
        path.write_bytes(base64.b64decode(answer["data"]))
        return path
