"""A double of Splunk's HTTP Event Collector for development and tests: Splunk itself needs a licence."""

from dev.hec.double import Hec
from dev.hec.search import SEARCH_TOKEN
from dev.hec.tokens import ACK_TOKEN, DISABLED_TOKEN, LIMITED_INDEXES, LIMITED_TOKEN, TOKEN

__all__ = ["ACK_TOKEN", "DISABLED_TOKEN", "LIMITED_INDEXES", "LIMITED_TOKEN", "SEARCH_TOKEN", "TOKEN", "Hec"]
