"""Certificates that cannot be used are found at the start, by the name of their setting."""

import ssl

from runtime.errors import ConfigError
from runtime.settings import BrokerSettings


def require_usable(settings: BrokerSettings) -> None:
    """Raises ConfigError; the Kafka client would try again for ever without naming the file."""
    if settings.security != "tls":
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise ConfigError(f"SK2SIEM_BROKER__CA_FILE: no PEM file of authorities ({_why(error)})") from error
    if settings.cert_file is not None:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_password)
        except OSError as error:
            raise ConfigError(
                "SK2SIEM_BROKER__CERT_FILE and SK2SIEM_BROKER__KEY_FILE: no certificate with its key, both as PEM and "
                f"the key without a password ({_why(error)})"
            ) from error


def _no_password() -> str:
    """Else OpenSSL asks for it on the terminal."""
    return ""


def _why(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or error)
