"""The part of a document that tells who talked to whom over what: ECS `network`, `source`, `destination`, `tls`."""

from schemas.records import Direction, Endpoint, Tls
from sinks.elastic.fields import Document, End, Name, Names, Network, Related, TlsFields
from sinks.mapping import tls_version
from sinks.network import Ip, community_id, iana_number, ip

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


def connect(
    document: Document,
    source: Endpoint,
    destination: Endpoint,
    direction: Direction,
    *,
    transport: str | None,
    service: str | None,
) -> None:
    """Write both ends and what lies between them into the document."""
    source_ip, destination_ip = ip(source.address), ip(destination.address)
    document.network = network = Network(DIRECTIONS[direction])
    if known := source_ip or destination_ip:
        network.type = f"ipv{known.version}"
    if transport:
        network.transport = transport
        network.iana_number = iana_number(transport)
        network.community_id = community_id(transport, source_ip, source.port, destination_ip, destination.port)
    if service:
        network.application = service
        network.protocol = PROTOCOLS.get(service)
    addresses = [found.text for found in (source_ip, destination_ip) if found]
    hosts = [end.name for end in (source, destination) if end.name] if source.name or destination.name else None
    document.related = Related(addresses, hosts)
    document.source = _end(source, source_ip)
    document.destination = _end(destination, destination_ip)


def names(source: Endpoint, destination: Endpoint) -> Names | None:
    """What reverse DNS said of them; None where it was not asked."""
    if source.name_status is None and destination.name_status is None:
        return None
    return Names(_name(source), _name(destination))


def handshake(tls: Tls) -> TlsFields:
    protocol, version = tls_version(tls.protocol)
    return TlsFields(
        established=True,
        version=version,
        version_protocol=protocol,
        cipher=tls.cipher.lstrip("*") if tls.cipher else None,
    )


def _end(end: Endpoint, address: Ip | None) -> End | None:
    """A name from reverse DNS is a domain only where a forward look-up confirmed it: its owner could write anything."""
    if not end.address and end.port is None:
        return None
    domain = end.name if end.name_status == "confirmed" else None
    return End(end.address or None, address.text if address else None, end.port, domain or None)


def _name(end: Endpoint) -> Name | None:
    return Name(end.name_status, end.name) if end.name_status else None
