"""Whether the cluster is ready for a first document: without our template a stock one makes streams of other types."""

from collections.abc import Sequence

from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from runtime.errors import Unavailable
from sinks.elastic.judge import OPERATOR_SECONDS
from sinks.elastic.templates import INSTALL, NAME, exists, is_installed


class Readiness:
    """Looks before each request until the cluster has given an answer, and never after that. Thread-safe."""

    def __init__(self, client: Elasticsearch, streams: Sequence[str]) -> None:
        self._client = client
        self._streams = streams
        self._is_known = False

    def require(self) -> None:
        """Raises Unavailable while our template is seen to be missing and none of the streams is there.

        A login that may not look may write all the same, and so may one that gets no clear answer. Raises the client's
        errors where the cluster is not reached, as the documents would.
        """
        if self._is_known:
            return
        try:
            ready = is_installed(self._client) or any(exists(self._client, name) for name in self._streams)
        except AuthorizationException:
            ready = True
        except ApiError:
            return
        if not ready:
            raise Unavailable(
                f"the index template {NAME} is missing, and without it source.ip would be no address: {INSTALL}",
                retry_after=OPERATOR_SECONDS,
            )
        self._is_known = True
