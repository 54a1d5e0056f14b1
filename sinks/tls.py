"""How the certificate of a SIEM is checked."""

import ssl

from runtime.errors import ConfigError


def context(
    ca_file: str | None, *, verify: bool, cert_file: str | None = None, key_file: str | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or later; the system's authorities unless a file names others; a client certificate if there is one.

    Raises ConfigError.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca_file {ca_file}: not a readable PEM file of certificates ({error})") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if cert_file is not None:
        _show_certificate(made, cert_file, key_file)
    return made


def _show_certificate(context: ssl.SSLContext, cert_file: str, key_file: str | None) -> None:
    def refuse_to_ask() -> str:
        raise ConfigError(f"key_file {key_file or cert_file}: the key has a passphrase; store it without one")

    try:
        context.load_cert_chain(cert_file, key_file, refuse_to_ask)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"cert_file {cert_file}, key_file {key_file or cert_file}: not a certificate and its key ({error})"
        ) from error
