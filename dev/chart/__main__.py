"""`python -m dev.chart install|write`: fetch what checks the chart; write what in helm/ is made from other files."""

import argparse
import sys

from dev.chart.tools import INSTALLERS
from dev.chart.written import write
from dev.command import install


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.chart", description=__doc__)
    parser.add_argument("command", choices=("install", "write"))
    if parser.parse_args().command == "install":
        return install(INSTALLERS)
    for path in write():
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
