"""`python -m dev.chromium install`: fetch what the tests of pages need."""

import os
import sys

from dev.chromium.browser import install
from dev.part import Missing


def main() -> int:
    try:
        print(f"chromium: {install()}")
    except Missing as error:
        print(f"chromium: {error}; tests of pages are skipped, except in continuous integration", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
