"""What the Kafka client only logs becomes words for the operator."""

import logging
import time

import pytest

from runtime.kafka.reasons import NoConnection, Reasons

FAILED = "Bootstrap connection to %s failed: %s (backoff %.2f secs)"


def heard(*failures: str) -> Reasons:
    reasons = Reasons()
    for failure in failures:
        reasons.filter(
            logging.LogRecord("kafka.net.manager", logging.WARNING, "", 0, FAILED, ("bootstrap-0", failure, 0.1), None)
        )
    return reasons


def test_the_most_telling_reason_is_given_with_what_to_look_at() -> None:
    reasons = heard(
        "KafkaConnectionError: socket disconnected",
        "[Error 58] SaslAuthenticationFailedError: SaslAuthenticationFailedError: Authentication failed: Invalid user",
        "KafkaConnectionError: socket disconnected",
    )

    assert reasons.since(0) == NoConnection(
        "Authentication failed: Invalid user; look at the SK2SIEM_BROKER__ credentials", refused=True
    )


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        pytest.param(
            "KafkaConnectionError: Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
            "unable to get local issuer certificate (_ssl.c:1006)",
            "Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer "
            "certificate; look at SK2SIEM_BROKER__CA_FILE",
            id="authority",
        ),
        pytest.param("[Errno 111] Connection refused", "[Errno 111] Connection refused", id="nothing to look at"),
        pytest.param("one\ntwo", "one two", id="one line"),
    ],
)
def test_a_reason_is_one_line_without_the_names_of_the_libraries(failure: str, words: str) -> None:
    assert heard(failure).since(0) == NoConnection(words, refused=False)


def test_what_failed_before_is_no_reason() -> None:
    reasons = heard("[Errno 111] Connection refused")

    assert reasons.since(time.monotonic() + 1) is None


def test_other_lines_of_the_log_are_no_reason() -> None:
    reasons = Reasons()
    reasons.filter(logging.LogRecord("kafka.net.manager", logging.ERROR, "", 0, "Bootstrap failed: %s", ("x",), None))

    assert reasons.since(0) is None
