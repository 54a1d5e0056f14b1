"""A real rsyslog of Debian, on TCP and on TLS; what it received stands in a file."""

from dev.rsyslog.server import Rsyslog

__all__ = ["Rsyslog"]
