"""`python -m dev.content install|write|package`: fetch the tools; write what is made from others; pack the app."""

import argparse
import os
import sys

from dev.content.package import ROOT, package
from dev.content.tools import INSTALLERS
from dev.content.written import write
from dev.part import Failed, Missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.content", description=__doc__)
    parser.add_argument("command", choices=("install", "write", "package"))
    command = parser.parse_args().command
    if command == "install":
        return install()
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
