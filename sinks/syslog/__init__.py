"""Syslog (RFC 5424) over TLS (RFC 5425) or TCP, with CEF or LEEF bodies."""
