"""An IBM i double: PostgreSQL that answers exact Db2 for i SQL about an audit journal, for development and tests."""

from dev.ibmi.control import Control
from dev.ibmi.entries import JournalEntry
from dev.ibmi.server import Ibmi

__all__ = ["Control", "Ibmi", "JournalEntry"]
