"""Chromium as a tool: Debian's own or the machine's, one process for each browser, gone when it is left."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from dev import fetch
from dev.chromium.page import Page
from dev.chromium.pipe import Pipe
from dev.part import Failed, Missing

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
ONTO = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
"""Chromium reads from 3 and writes to 4, whatever the numbers of the pipes are here."""


def install() -> Path:
    """The program, installed if it is not there. Raises Missing."""
    if found := _found():
        return found
    fetch.debian("chromium")
    if found := _found():
        return found
    raise Missing("chromium was not found: install it, under one of the names " + ", ".join(PROGRAMS))


class Chromium:
    """`with Chromium() as browser: page = browser.open(path)`. Its profile is new, and removed at the end."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Pipe | None = None

    def open(self, path: Path, *, width: int = 1280, height: int = 1000) -> Page:
        """A page of its own with the file, once it has loaded. Raises Failed."""
        assert self._pipe is not None
        target = self._pipe.call("Target.createTarget", {"url": "about:blank"})
        attached = self._pipe.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        page = Page(self._pipe, attached["sessionId"])
        page.load(path.resolve().as_uri(), width=width, height=height)
        return page

    def start(self) -> None:
        """Raises Missing or Failed."""
        program = install()
        inside_reads, writes = os.pipe()
        reads, inside_writes = os.pipe()
        pipes = [str(inside_reads), str(inside_writes)]
        # as root, which containers are, Chromium has no sandbox of its own
        options = [*OPTIONS, f"--user-data-dir={self._profile.name}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-c", ONTO, *pipes, str(program), *options, "about:blank"],
                pass_fds=(inside_reads, inside_writes),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "HOME": self._profile.name},
                start_new_session=True,
            )
        finally:
            os.close(inside_reads)
            os.close(inside_writes)
        self._pipe = Pipe(writes, reads)

    def stop(self) -> None:
        """End the process and what it started."""
        child, pipe, self._child, self._pipe = self._child, self._pipe, None, None
        if child and pipe:
            try:
                pipe.call("Browser.close", {})
                child.wait(timeout=20)
            except (Failed, OSError, subprocess.TimeoutExpired):
                os.killpg(child.pid, 9)
                child.wait()
            pipe.close()
        self._profile.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _found() -> Path | None:
    return next((Path(found) for name in PROGRAMS if (found := shutil.which(name))), None)
