"""Access tokens for SASL OAUTHBEARER, by the client-credentials grant (RFC 6749 §4.4)."""

import time
import urllib.parse
import urllib.request
from base64 import b64encode

import orjson
from kafka.net.sasl.oauth import AbstractTokenProvider

from runtime.settings import BrokerSettings

TIMEOUT_SECONDS = 10.0
EARLY_SECONDS = 30.0


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]
    """Keeps a token until shortly before it expires; called by the client at each connection."""

    def __init__(self, settings: BrokerSettings) -> None:
        super().__init__()
        self._settings = settings
        self._token = ""
        self._expires = 0.0

    def token(self) -> str:
        """Raises OSError when the token endpoint does not answer; the client reports it as a failed connection."""
        if time.monotonic() >= self._expires:
            self._fetch()
        return self._token

    def _fetch(self) -> None:
        with urllib.request.urlopen(self._request(), timeout=TIMEOUT_SECONDS) as answer:
            document = orjson.loads(answer.read())
        self._token = str(document["access_token"])
        self._expires = time.monotonic() + max(0.0, float(document.get("expires_in", 300)) - EARLY_SECONDS)

    def _request(self) -> urllib.request.Request:
        form = {"grant_type": "client_credentials"}
        if self._settings.scope:
            form["scope"] = self._settings.scope
        secret = self._settings.client_secret.get_secret_value() if self._settings.client_secret else ""
        login = f"{urllib.parse.quote(self._settings.client_id or '')}:{urllib.parse.quote(secret)}"
        return urllib.request.Request(
            self._settings.token_endpoint or "",
            data=urllib.parse.urlencode(form).encode(),
            headers={
                "Authorization": f"Basic {b64encode(login.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
