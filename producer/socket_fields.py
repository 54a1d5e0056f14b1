"""An SK entry field by field, for readers that are given columns instead of the entry data."""

from typing import NamedTuple


class SocketFields(NamedTuple):
    """What an SK entry says, as text with or without padding; blank or None: the entry or the reader does not say.

    Ports are digits, the family is `*IPV4` or `*IPV6`, `filter_data` is hexadecimal.
    """

    detail_type: str
    local_address: str = ""
    local_port: str = ""
    remote_address: str = ""
    remote_port: str = ""
    socket_descriptor: int | None = None
    address_family: str = ""
    mac_address: str = ""
    host_name: str = ""
    secure_version: str = ""
    secure_properties: str = ""
    filter_description: str = ""
    filter_data: str | None = None
