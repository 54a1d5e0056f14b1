"""`python -m bench [NAME…] [--json] [--entries N] [--waiting N] [--rounds N]`"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench.contests import BENCHMARKS
from bench.ground import Ground
from bench.measurement import Result
from bench.prepared import Prepared
from bench.processes import ProgramFailed
from bench.table import table
from cli.variables import PREFIX
from dev.part import STACK, Failed, Missing

ENTRIES = 200_000
WAITING = 1_000_000
PIPE_WIDTH = 130


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    say = Console(stderr=True)
    results = []
    try:
        with _folder() as folder:
            waiting = max(options.waiting, 2 * options.entries)
            ground = Ground(folder, Prepared(folder, options.entries), waiting, dict(options.tried))
            for name in options.names or BENCHMARKS:
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
        out = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
        out.print(table(results))
        for result in results:
            if result.added.words:
                out.print(f"\n{result.name}: {result.added.words}", markup=False, soft_wrap=True)
    return 0


def measure(name: str, ground: Ground, rounds: int, say: Console) -> Result:
    """The service and the bare program in turn, one at a time, so that a noisy moment meets both."""
    say.print(f"{name}: preparing …")
    service, bare = [], []
    with BENCHMARKS[name](ground) as contest:
        rounds = contest.rounds or rounds
        for number in range(1, rounds + 1):
            service.append(contest.service(number))
            bare.append(contest.bare(number))
            rates = f"{service[-1].entries_per_second:,.0f} of {bare[-1].entries_per_second:,.0f}"
            say.print(f"{name}: round {number} of {rounds}: {rates} entries/s")
        added = contest.added()
    return Result(name, contest.waiting, service, bare, added)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help=", ".join(BENCHMARKS))
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
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {text!r}, but {', '.join(BENCHMARKS)}")
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
