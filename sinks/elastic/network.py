"""The part of a document that tells who talked to whom over what: ECS `network`, `source`, `destination`, `tls`."""

from schemas.records import Direction, Endpoint, Tls
from sinks.mapping import tls_version
from sinks.network import Ip, community_id, iana_number, ip

Document = dict[str, object]

# host view: ECS keeps inbound and outbound for sensors at a perimeter
DIRECTIONS = {Direction.INBOUND: "ingress", Direction.OUTBOUND: "egress", Direction.UNKNOWN: "unknown"}

# network.protocol takes names of protocols; the service in our own words is in network.application
_NAMED_LIKE_THE_SERVICE = (
    "amqp ftp ftps http https imap imaps ipp kafka kerberos ldap ldaps mongodb mqtt mysql nfs nntp ntp pop3 pop3s "
    "postgresql radius redis rsync sip smtp snmp ssh syslog telnet tftp x11"
)
PROTOCOLS = {
    **{name: name for name in _NAMED_LIKE_THE_SERVICE.split()},
    "bootpc": "dhcp",
    "bootps": "dhcp",
    "domain": "dns",
    "ftp-data": "ftp",
    "ftps-data": "ftps",
    "http-alt": "http",
    "https-alt": "https",
    "microsoft-ds": "smb",
    "ms-wbt-server": "rdp",
    "rfb": "vnc",
    "submission": "smtp",
}


def connection(
    source: Endpoint, destination: Endpoint, direction: Direction, *, transport: str | None, service: str | None
) -> Document:
    """Both ends, what lies between them, and every address and name once more where searches look for any of them."""
    source_ip, destination_ip = ip(source.address), ip(destination.address)
    network: Document = {"direction": DIRECTIONS[direction]}
    if known := source_ip or destination_ip:
        network["type"] = f"ipv{known.version}"
    if transport:
        network["transport"] = transport
        if number := iana_number(transport):
            network["iana_number"] = str(number)
        if flow := community_id(transport, source_ip, source.port, destination_ip, destination.port):
            network["community_id"] = flow
    if service:
        network["application"] = service
        if protocol := PROTOCOLS.get(service):
            network["protocol"] = protocol
    ends = {"source": _end(source, source_ip), "destination": _end(destination, destination_ip)}
    related: Document = {"ip": [found.text for found in (source_ip, destination_ip) if found]}
    if source.name or destination.name:
        related["hosts"] = [end.name for end in (source, destination) if end.name]
    return {"network": network, "related": related, **{side: end for side, end in ends.items() if end}}


def handshake(tls: Tls) -> Document:
    protocol, version = tls_version(tls.protocol)
    found: Document = {"established": True, "version": version, "version_protocol": protocol}
    if tls.cipher:
        found["cipher"] = tls.cipher.lstrip("*")
    return found


def _end(end: Endpoint, address: Ip | None) -> Document:
    """A name from reverse DNS is a domain only where a forward look-up confirmed it: its owner could write anything."""
    found: Document = {}
    if end.address:
        found["address"] = end.address
    if address:
        found["ip"] = address.text
    if end.port is not None:
        found["port"] = end.port
    if end.name and end.name_status == "confirmed":
        found["domain"] = end.name
    return found
