"""`python -m dev.rsyslog run|start|stop|install`."""

import sys

from dev import command
from dev.rsyslog.server import PORT, Rsyslog

if __name__ == "__main__":
    sys.exit(command.main("rsyslog", lambda options: Rsyslog(options.port, options.data), port=PORT))
