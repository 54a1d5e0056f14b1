"""Logs: one JSON object a line on standard error, with nothing in it that must stay secret."""

import json
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog
from pydantic import SecretStr

from runtime.logs import configure, log

Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Puts the logging of the test run back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def in_a_thread(say: Callable[[], None]) -> None:
    thread = threading.Thread(target=say)
    thread.start()
    thread.join()


def _lines(printed: Printed) -> list[dict[str, object]]:
    return [json.loads(line) for line in printed.readouterr().err.splitlines()]


@pytest.mark.parametrize("somewhere", [lambda say: say(), in_a_thread], ids=["main thread", "another"])
def test_a_line_is_an_object_with_event_level_time_fields_and_context(
    somewhere: Callable[[Callable[[], None]], None], capsys: Printed
) -> None:
    configure("info", "json", service="enricher", worker="enricher-0")

    somewhere(lambda: log.info("batch settled", items=500))

    (line,) = _lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "batch settled",
        "level": "info",
        "items": 500,
        "service": "enricher",
        "worker": "enricher-0",
    }


def test_lines_below_the_level_are_left_out(capsys: Printed) -> None:
    configure("warning", "json")

    log.debug("not this one")
    log.info("nor this one")
    log.warning("this one")
    log.error("and this one")

    assert [line["event"] for line in _lines(capsys)] == ["this one", "and this one"]


def test_a_traceback_stays_within_its_line(capsys: Printed) -> None:
    configure("info", "json")

    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.exception("a bug")

    (line,) = _lines(capsys)
    assert line["level"] == "error"
    assert "ValueError: two\nlines" in str(line["exception"])


def test_a_line_break_in_a_field_cannot_forge_a_line(capsys: Printed) -> None:
    configure("info", "json")

    log.warning("waiting", why='away\n{"event": "stopped as asked"}')

    (line,) = _lines(capsys)
    assert line["event"] == "waiting"


def test_a_secret_among_the_fields_is_not_printed(capsys: Printed) -> None:
    configure("debug", "json")

    log.info("settings", token=SecretStr("hunter2"))

    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize("library", ["kafka", "kafka.conn", "urllib3.connectionpool", "elastic_transport.node"])
def test_the_client_libraries_are_silent(library: str, capsys: Printed) -> None:
    configure("debug", "json")

    logging.getLogger(library).error("sent password hunter2")

    assert capsys.readouterr().err == ""


def test_nothing_is_written_to_standard_output(capsys: Printed) -> None:
    configure("info", "json")

    log.info("started")

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("form", "is_json"), [pytest.param("auto", True, id="no terminal"), pytest.param("text", False, id="text")]
)
def test_it_is_json_unless_a_terminal_reads_it_or_text_is_asked_for(form: str, is_json: bool, capsys: Printed) -> None:
    configure("info", "text" if form == "text" else "auto")

    log.info("started")

    assert capsys.readouterr().err.startswith("{") is is_json


def test_a_module_may_hold_the_log_before_it_is_configured(capsys: Printed) -> None:
    held = log
    configure("info", "json", service="first")
    configure("info", "json", service="second")

    held.info("started")

    assert [line["service"] for line in _lines(capsys)] == ["second"]
