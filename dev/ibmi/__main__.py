"""`python -m dev.ibmi run|start|stop|install`."""

import sys
from argparse import Namespace

from dev import command
from dev.ibmi.server import PORT, Ibmi


def build(options: Namespace) -> Ibmi:
    return Ibmi(options.port, options.data)


if __name__ == "__main__":
    sys.exit(command.main("ibmi", build, port=PORT))
