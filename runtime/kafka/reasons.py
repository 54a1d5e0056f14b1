"""Why a client could not connect: kafka-python 3.0.12 only logs the reason, and raises that its time was over."""

import logging
import re
import threading
import time
from dataclasses import dataclass

REFUSED = "SaslAuthenticationFailed"
HINTS = (
    ("ECONNREFUSED", "nobody listens there: look at SK2SIEM_BROKER__URL"),
    (REFUSED, "look at the SK2SIEM_BROKER__ credentials"),
    ("UnsupportedSaslMechanism", "this listener does not offer the login of SK2SIEM_BROKER__SASL_MECHANISM"),
    ("CERTIFICATE_VERIFY_FAILED", "look at SK2SIEM_BROKER__CA_FILE"),
    ("CERTIFICATE", "look at SK2SIEM_BROKER__CERT_FILE"),
    ("HTTP Error", "the token endpoint refuses: look at SK2SIEM_BROKER__CLIENT_ID and SK2SIEM_BROKER__CLIENT_SECRET"),
    ("urlopen error", "look at SK2SIEM_BROKER__TOKEN_ENDPOINT"),
    ("Invalid frame length", "this listener may speak TLS: look at SK2SIEM_BROKER__SECURITY and the port"),
    ("[SSL", "this listener may not speak TLS: look at SK2SIEM_BROKER__SECURITY and the port"),
    # the client drops an answer that comes together with the end of the connection, as a refused login does
    (
        "socket disconnected",
        "look at the port and at SK2SIEM_BROKER__SECURITY, SK2SIEM_BROKER__SASL_MECHANISM and the credentials",
    ),
)
"""What to look at, by a part of the reason; of several reasons the one that stands first here tells most."""

KEPT_SECONDS = 60.0

_FAILED = re.compile(r"Bootstrap (?:connection|attempt) to \S+ failed: (.*) \(backoff", re.DOTALL)
_NOISE = re.compile(r"^(?:\[Error \d+\] )?(?:\w+Error: )*| \(_ssl\.c:\d+\)")


@dataclass(frozen=True, slots=True)
class NoConnection:
    """The reason in words, with what to look at; `refused` where the broker refused the login."""

    words: str
    refused: bool


class Reasons(logging.Filter):
    """Takes the client's log of failed connections; keeps words only, never the error with its sockets."""

    def __init__(self) -> None:
        super().__init__()
        self._failed: dict[str, float] = {}
        self._guard = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """False: the line goes nowhere else."""
        found = _FAILED.match(record.getMessage())
        if found is not None:
            now = time.monotonic()
            with self._guard:
                kept = {reason: at for reason, at in self._failed.items() if now - at < KEPT_SECONDS}
                self._failed = {**kept, found[1]: now}
        return False

    def since(self, moment: float) -> NoConnection | None:
        """The most telling reason since then (`time.monotonic`)."""
        with self._guard:
            failed = [reason for reason, at in self._failed.items() if at >= moment]
        for part, hint in HINTS:
            for reason in failed:
                if part in reason:
                    return NoConnection(f"{_short(reason)}; {hint}", part == REFUSED)
        return NoConnection(_short(failed[-1]), refused=False) if failed else None


def listen() -> Reasons:
    """Whatever level the client's other logs have, this one is heard."""
    reasons = Reasons()
    source = logging.getLogger("kafka.net.manager")
    source.setLevel(logging.WARNING)
    source.addFilter(reasons)
    return reasons


REASONS = listen()


def _short(reason: str) -> str:
    """One line without numbers and class names of the libraries."""
    return " ".join(_NOISE.sub("", reason).split())[:200]
