"""Logs: constant events with fields, JSON unless a terminal reads them, always on standard error."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, TextIO, cast

import structlog

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "text"]


def configure(level: Level, form: Format, **context: str) -> None:
    """Set up once per process; `context` (service, worker) is on every line, whatever thread it comes from."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if as_text else JSON
    structlog.configure(
        processors=[
            lambda _logger, _level, fields: {**context, **fields},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([] if as_text else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: structlog.WriteLogger(cast(TextIO, _Unfailing(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    _quieten_libraries()


@contextmanager
def configured(level: Level, form: Format, **context: str) -> Iterator[None]:
    """Set up for as long as a command runs; what was there before is put back."""
    before = structlog.get_config()
    configure(level, form, **context)
    try:
        yield
    finally:
        structlog.configure(**before)


class _Unfailing:
    """A log that cannot be written, because its disk is full, must not stop a service that could go on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class Log:
    """A logger that a module may hold before `configure` was called."""

    def debug(self, event: str, **fields: object) -> None:
        structlog.get_logger().debug(event, **fields)

    def info(self, event: str, **fields: object) -> None:
        structlog.get_logger().info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        structlog.get_logger().warning(event, **fields)

    def error(self, event: str, **fields: object) -> None:
        structlog.get_logger().error(event, **fields)

    def exception(self, event: str, **fields: object) -> None:
        structlog.get_logger().error(event, exc_info=True, **fields)


log = Log()
JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


def _quieten_libraries() -> None:
    """The client libraries log what our own events already say; only their errors pass."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(name)s: %(message)s", force=True)
    for name in ("kafka", "elastic_transport", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
