"""How the certificate of a SIEM is checked."""

import ssl

from runtime.errors import ConfigError


def context(ca_file: str | None, *, verify: bool) -> ssl.SSLContext:
    """TLS 1.2 or later; the system's authorities unless a file names others. Raises ConfigError."""
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca_file {ca_file}: not a readable PEM file of certificates ({error})") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
