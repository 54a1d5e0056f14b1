"""Records that a topic deleted before they were read: said in the log and to the memory, never passed over."""

from runtime.flow import Expired, Memory
from runtime.logs import log


def tell_expired(memory: Memory, expired: Expired) -> None:
    """To be called right before the record that follows them."""
    log.error("records expired before they were read", topic=expired.partition.topic, count=expired.count)
    memory.expired(expired)
