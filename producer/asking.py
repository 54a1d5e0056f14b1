"""A connection to the IBM i for the operator's tools, which ask and never write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from producer.settings import IbmiSettings
from runtime.bounded import Bounded
from runtime.service import Running

if TYPE_CHECKING:
    from producer.odbc import Odbc


@contextmanager
def asking(ibmi: IbmiSettings, running: Running) -> Iterator["Odbc"]:
    """Opened by the first question, closed in the end. The driver is loaded only here. Raises ConfigError."""
    from producer.odbc import Odbc

    bounded = Bounded(running.shutdown, stuck_after=running.stuck_after, grace=running.grace, beat=running.health.beat)
    odbc = Odbc(ibmi, bounded)
    try:
        yield odbc
    finally:
        odbc.close()
        bounded.close()
