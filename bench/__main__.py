"""`python -m bench [NAME…] [--json] [--entries N] [--waiting N] [--rounds N]`"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench import killed, rivals
from bench.contests import BENCHMARKS, Ground
from bench.measurement import Measurement, Result
from bench.prepared import Prepared
from bench.processes import ProgramFailed
from bench.table import notes, table
from cli.variables import PREFIX
from dev.part import STACK, Failed, Missing

ALL = {
    **BENCHMARKS,
    "splunk-raw": rivals.splunk,
    "elastic-raw": rivals.elastic,
    "splunk-slow": rivals.slow_splunk,
    "splunk-killed": killed.splunk,
    "elastic-killed": killed.elastic,
}
TERMINATED = 143
ENTRIES = 200_000
WAITING = 1_000_000
PIPE_WIDTH = 130


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that servers end with it
    say = Console(stderr=True)
    results = []
    try:
        with _folder() as folder:
            waiting = max(options.waiting, 2 * options.entries)
            ground = Ground(folder, Prepared(folder, options.entries), waiting, dict(options.tried))
            for name in options.names or ALL:
                result = measure(name, ground, options.rounds, say)
                results.append(result)
                if options.json:
                    print(json.dumps(result.document()), flush=True)
    except (ProgramFailed, Failed, Missing) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not options.json:
        paper = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
        paper.print(table(results))
        paper.print(*notes(results), sep="\n")
    return 0


def measure(name: str, ground: Ground, rounds: int, say: Console) -> Result:
    """The service and the bare program in turn, one at a time, so that a noisy moment meets both."""
    say.print(f"{name}: preparing …")
    service: list[Measurement] = []
    bare: list[Measurement] = []
    with ALL[name](ground) as contest:
        beside: dict[str, list[Measurement]] = {rival: [] for rival in contest.beside}
        for number in range(1, rounds + 1):
            service.append(contest.service(number))
            bare.append(contest.bare(number))
            for rival, run in contest.beside.items():
                beside[rival].append(run(number))
            rates = f"{service[-1].entries_per_second:,.0f} of {bare[-1].entries_per_second:,.0f}"
            others = "".join(f", {rival} {runs[-1].entries_per_second:,.0f}" for rival, runs in beside.items())
            say.print(f"{name}: round {number} of {rounds}: {rates} entries/s{others}")
        return Result(name, contest.waiting, service, bare, beside, contest.more())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help=", ".join(ALL))
    parser.add_argument("--json", action="store_true", help="one JSON object per benchmark and line")
    parser.add_argument("--entries", type=_count, default=ENTRIES, help="entries in one run (default: %(default)s)")
    parser.add_argument(
        "--waiting", type=_count, default=WAITING, help="entries that wait in the source (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=_count, default=2, help="runs of each program (default: %(default)s)")
    parser.add_argument(
        "-E", dest="tried", metavar="SK2SIEM_…=VALUE", type=_setting, action="append", default=[], help="try a setting"
    )
    return parser


def _name(text: str) -> str:
    if text not in ALL:
        raise argparse.ArgumentTypeError(f"there is no benchmark {text!r}, but {', '.join(ALL)}")
    return text


def _setting(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not (name.startswith(PREFIX) and value):
        raise argparse.ArgumentTypeError(f"{PREFIX}…=value expected, not {text!r}")
    return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0 expected, not {text!r}")
    return int(text)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of this run, removed at its end."""
    STACK.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=STACK))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
