"""`python -m dev.chart install|write`: fetch what checks the chart; write what in helm/ is made from other files."""

import argparse
import os
import sys

from dev.chart.tools import INSTALLERS
from dev.chart.written import write
from dev.part import Missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.chart", description=__doc__)
    parser.add_argument("command", choices=("install", "write"))
    if parser.parse_args().command == "install":
        return install()
    for path in write():
        print(f"written: {path}")
    return 0


def install() -> int:
    """What cannot be had is said; in continuous integration it is a failure."""
    missing = 0
    for name, fetch in INSTALLERS.items():
        try:
            fetch()
        except Missing as error:
            print(f"{name}: {error}", file=sys.stderr)
            missing += 1
    if missing:
        print("tests that need these are skipped, except in continuous integration (CI is set)", file=sys.stderr)
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
