"""`python -m dev.content install|write|package`: fetch the tools; write what is made from others; pack the app."""

import argparse
import sys

from dev.command import install
from dev.content.package import ROOT, package
from dev.content.tools import INSTALLERS
from dev.content.written import write
from dev.part import Failed, Missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.content", description=__doc__)
    parser.add_argument("command", choices=("install", "write", "package"))
    command = parser.parse_args().command
    if command == "install":
        return install(INSTALLERS)
    if command == "package":
        print(f"packed: {package(ROOT / 'dist')}")
        return 0
    try:
        for path in write():
            print(f"written: {path}")
    except (Missing, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
