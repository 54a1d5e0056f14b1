"""The command line that every part shares: `python -m dev.<part> run|start|stop|install [--port N] [--data DIR]`."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.part import STACK, Failed, Missing, Part
from runtime.shutdown import Shutdown


def main(
    name: str,
    build: Callable[[argparse.Namespace], Part],
    *,
    port: int,
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
    argv: Sequence[str] | None = None,
) -> int:
    """Carry out one command on the part that `build` makes of the parsed options: `port`, `data`, the added ones."""
    parser = argparse.ArgumentParser(prog=f"python -m dev.{name}")
    parser.add_argument("command", choices=list(_COMMANDS))
    parser.add_argument(
        "--port", type=int, default=port, help="listen on this port of 127.0.0.1 (default: %(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, default=STACK / name, help="the folder of its data and logs (default: .stack/" + name + ")"
    )
    if add_options:
        add_options(parser)
    options = parser.parse_args(argv)
    try:
        _COMMANDS[options.command](name, build(options), options)
    except (Missing, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as a shell reports Ctrl-C
    return 0


def install(installers: Mapping[str, Callable[[], object]]) -> int:
    """Call each of them. What cannot be had is said; in continuous integration it is a failure."""
    missing = 0
    for name, fetch in installers.items():
        try:
            fetch()
        except Missing as error:
            print(f"{name}: {error}", file=sys.stderr)
            missing += 1
    if missing:
        print("tests that need these are skipped, except in continuous integration (CI is set)", file=sys.stderr)
    return 1 if missing and os.environ.get("CI") else 0


def add_settings(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add `-E name=value`, repeatable, as the list of pairs `options.settings`."""
    parser.add_argument(
        "-E", dest="settings", metavar="NAME=VALUE", type=_setting, action="append", default=[], help=meaning
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected name=value, got {text!r}")
    return name, value


def _run(name: str, part: Part, options: argparse.Namespace) -> None:
    """Stay in the foreground until SIGTERM, Ctrl-C, or the end of the part."""
    shutdown = Shutdown()
    shutdown.install()
    with part:
        print(f"{name} answers at {part.url}; stop it with Ctrl-C", flush=True)
        while not shutdown.wait(0.5):
            if part.pid is None:
                raise Failed(f"{name} ended by itself; see the logs in {options.data}")


def _start(name: str, part: Part, options: argparse.Namespace) -> None:
    part.start()
    print(f"{name} answers at {part.url}; stop it with: python -m dev.{name} stop --data {options.data}")


def _stop(name: str, part: Part, options: argparse.Namespace) -> None:
    ran = part.pid is not None
    part.stop()
    print(f"{name} stopped" if ran else f"{name} does not run on {options.data}")


def _install(name: str, part: Part, _options: argparse.Namespace) -> None:
    part.install()
    print(f"{name} is installed")


_COMMANDS: dict[str, Callable[[str, Part, argparse.Namespace], None]] = {
    "run": _run,
    "start": _start,
    "stop": _stop,
    "install": _install,
}
