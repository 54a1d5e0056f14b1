"""How the certificate of a SIEM is checked."""

import ssl

from runtime.errors import ConfigError


def context(
    ca_file: str | None, prefix: str, *, verify: bool, cert_file: str | None = None, key_file: str | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or later; the system's authorities unless a file names others; a client certificate if there is one.

    Raises ConfigError, which names the variable: `prefix` is how those of the sink begin.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{prefix}CA_FILE {ca_file}: not a readable PEM file of certificates ({error})") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if cert_file is not None:
        _show_certificate(made, prefix, cert_file, key_file)
    return made


def trusting_nobody(prefix: str, *, cert_file: str | None = None, key_file: str | None = None) -> ssl.SSLContext:
    """The same without any authority; one that it is given later need not be a root. Raises ConfigError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if cert_file is not None:
        _show_certificate(made, prefix, cert_file, key_file)
    return made


def _show_certificate(context: ssl.SSLContext, prefix: str, cert_file: str, key_file: str | None) -> None:
    def refuse_to_ask() -> str:
        raise ConfigError(f"{prefix}KEY_FILE {key_file or cert_file}: the key has a passphrase; store it without one")

    try:
        context.load_cert_chain(cert_file, key_file, refuse_to_ask)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{prefix}CERT_FILE {cert_file}, {prefix}KEY_FILE {key_file or cert_file}: "
            f"not a certificate and its key ({error})"
        ) from error
