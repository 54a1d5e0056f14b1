"""The whole local stack with one command: `python -m dev.stack install|start|stop|status`."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping

from dev import command
from dev.elasticsearch import Elasticsearch
from dev.hec import Hec
from dev.ibmi import Ibmi
from dev.kafka import Kafka
from dev.part import Failed, Missing, Part
from dev.rsyslog import Rsyslog

Parts = Mapping[str, Part]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.stack", description=__doc__)
    parser.add_argument("command", choices=list(_COMMANDS))
    parts: Parts = {
        "kafka": Kafka(),
        "elasticsearch": Elasticsearch(),
        "ibmi": Ibmi(),
        "hec": Hec(),
        "rsyslog": Rsyslog(),
    }
    return _COMMANDS[parser.parse_args().command](parts)


def install(parts: Parts) -> int:
    """Fetch and build what the parts need."""
    return command.install({name: part.install for name, part in parts.items()})


def start(parts: Parts) -> int:
    """Start what does not run yet; when a part fails, stop again what this call has started."""
    started: dict[str, Part] = {}
    for name, part in parts.items():
        if part.pid:
            continue
        print(f"starting {name} …", flush=True)
        try:
            part.start()
        except (Missing, Failed, KeyboardInterrupt) as error:
            print(str(error) or f"interrupted while {name} started", file=sys.stderr)
            stop(started)
            return 1
        started[name] = part
    _print_table(parts)
    _print_exports(parts)
    print("\nstop it with: python -m dev.stack stop")
    return 0


def stop(parts: Parts) -> int:
    """Stop every part that runs, the last one first."""
    failures = 0
    for name, part in reversed(list(parts.items())):
        if not part.pid:
            continue
        try:
            part.stop()
            print(f"{name} stopped")
        except Failed as error:
            print(error, file=sys.stderr)
            failures += 1
    return min(failures, 1)


def status(parts: Parts) -> int:
    """Say what runs; the exit code is 0 when everything does."""
    _print_table(parts)
    if not all(part.pid for part in parts.values()):
        return 1
    _print_exports(parts)
    return 0


def _print_table(parts: Parts) -> None:
    rows = [("part", "process", "address")]
    rows += [(name, str(part.pid or "stopped"), part.url) for name, part in parts.items()]
    print()
    for name, process, address in rows:
        print(f"{name:<15}{process:<10}{address}")


def _print_exports(parts: Parts) -> None:
    print()
    for part in parts.values():
        for name, value in part.exports().items():
            print(f"export {name}={shlex.quote(value)}")


_COMMANDS: dict[str, Callable[[Parts], int]] = {"install": install, "start": start, "stop": stop, "status": status}

if __name__ == "__main__":
    sys.exit(main())
