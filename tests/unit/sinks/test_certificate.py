"""Why there is no TLS, in words, and whether something may have been sent all the same."""

import ssl

import pytest

from sinks.certificate import NotShown, is_of_the_handshake, no_tls


def failed(reason: str, kind: type[ssl.SSLError] = ssl.SSLError) -> ssl.SSLError:
    error = kind(1, f"[SSL: {reason}] as the test asked")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "of_the_handshake", "says"),
    [
        pytest.param(failed("TLSV13_ALERT_CERTIFICATE_REQUIRED"), True, "set X__CERT_FILE", id="wants a certificate"),
        pytest.param(failed("TLSV1_ALERT_UNKNOWN_CA"), True, "check X__CERT_FILE", id="refuses ours"),
        pytest.param(failed("WRONG_VERSION_NUMBER"), True, "check X__URL", id="no TLS there"),
        pytest.param(failed("", ssl.SSLEOFError), True, "without a word", id="an end without a word"),
        pytest.param(failed("", NotShown), True, "X__CA_FINGERPRINT", id="an authority that is not shown"),
        pytest.param(failed("TLSV1_ALERT_DECODE_ERROR"), False, "the server broke it off (TLSV1_", id="an alert later"),
        pytest.param(failed("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), False, "broke it off", id="a damaged record"),
    ],
)
def test_what_ended_tls_is_told_apart(error: ssl.SSLError, of_the_handshake: bool, says: str) -> None:
    assert is_of_the_handshake(error) == of_the_handshake
    assert says in no_tls(error, "X__", host="siem.example.com", port=None)
