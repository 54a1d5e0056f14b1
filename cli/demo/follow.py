"""Following the demo's services until everything is settled, one of them fails, or a stop is requested."""

import time
from collections.abc import Sequence

from cli.children import FINISHED, Child
from cli.demo.view import View
from cli.demo.watch import Watch
from runtime.errors import CheckFailed, PipelineError
from runtime.shutdown import Shutdown

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 60.0


class ChildFailed(PipelineError):
    """A service ended although nobody asked it to; the demo ends with its exit code."""

    def __init__(self, child: Child, code: int) -> None:
        super().__init__(f"{child.service} ended with exit code {code}; its log is {child.log}\n{child.last_words()}")
        self.exit_code = code or CheckFailed.exit_code


def follow(watch: Watch, children: Sequence[Child], view: View, shutdown: Shutdown) -> None:
    """Return when all is settled or a stop was requested. Raises ChildFailed, or CheckFailed when nothing moves."""
    moved = shown = time.monotonic()
    last: object = None
    while not shutdown.requested:
        watch.look(LOOK_SECONDS)
        _refuse_failed(children)
        now = time.monotonic()
        if now - shown >= view.interval:
            shown, behind = now, watch.behind()
            view.show(watch.picture, behind)
            state = (watch.picture.entries, len(watch.picture.connections), behind)
            moved, last = (now, state) if state != last else (moved, last)
        if watch.settled():
            return
        if now - moved > PATIENCE_SECONDS:
            raise CheckFailed(_stuck(watch, children))


def _refuse_failed(children: Sequence[Child]) -> None:
    """A producer whose journal has ended may end; the others run until they are stopped."""
    for child in children:
        code = child.exit_code
        if code is not None and code != FINISHED:
            raise ChildFailed(child, code)


def _stuck(watch: Watch, children: Sequence[Child]) -> str:
    waiting = [child for child in children if watch.behind().get(child.service)] or list(children[:1])
    words = "\n".join(f"{child.service}: {child.last_words(1)}" for child in waiting)
    return f"nothing moved for {PATIENCE_SECONDS:.0f} s; waiting for {', '.join(c.service for c in waiting)}\n{words}"
