"""What is no session: datagrams, addresses handed out, refused mail, and strangers who try every port."""

from producer.simulator.cast import OWN_IPV4, Host
from producer.simulator.encoder import EntryData, encode_entry
from producer.simulator.scene import MILLISECOND, Draft, Scene, Wire
from producer.simulator.services import (
    ALL_SERVICES,
    DHCP_SERVER,
    MAIL_SERVER,
    SNMP_AGENT,
    SSH,
    STACK,
    TIME_CLIENT,
    Heading,
)

MOST_SCANNED = 60
OPEN_PORTS = {
    port: (service, port == service.tls_port)
    for service in ALL_SERVICES
    for port in (service.port, service.tls_port)
    if port is not None
}
CLOSED_PORTS = (
    79,
    110,
    111,
    135,
    139,
    143,
    512,
    513,
    514,
    993,
    995,
    1433,
    1521,
    3306,
    3389,
    5432,
    5900,
    6379,
    8080,
    8443,
)
SCANNED_PORTS = (*OPEN_PORTS, *CLOSED_PORTS)
FILTERS = ("BLOCKLIST", "SIZE", "RELAY")


def datagram(scene: Scene, at: int) -> list[Draft]:
    """SNMP from the watchers, or the partition asks for names and the time."""
    host, luck = scene.pick(scene.cast.watchers), scene.random()
    if luck < 0.5:
        wire = Wire(host.local, 161, host.address, scene.ephemeral())
        return [scene.entry(at, "I", wire, SNMP_AGENT, scene.truth("snmp"))]
    kind, port, heading = ("dns-out", 53, STACK) if luck < 0.9 else ("ntp-out", 123, TIME_CLIENT)
    wire = Wire(host.local, scene.ephemeral(), host.address, port)
    return [scene.entry(at, "O", wire, heading, scene.truth(kind))]


def lease(scene: Scene, at: int) -> list[Draft]:
    """An address handed out (D), or none left (U). There are no ports, and no socket."""
    number = scene.between(10, 250)
    assigned = scene.random() < 0.85
    entry = EntryData(
        "D" if assigned else "U",
        OWN_IPV4[0],
        remote_address=f"10.20.50.{number}" if assigned else "",
        mac_address=f"02004C4F4F{number:02X}",
        host_name=f"handheld-{number}.example.com",
    )
    return [_noted(at, entry, DHCP_SERVER)]


def refused_mail(scene: Scene, at: int) -> list[Draft]:
    """A message that a filter caught (F), or that was rejected at the door (R)."""
    host = scene.pick(scene.cast.strangers)
    if scene.random() < 0.5:
        return [_noted(at, EntryData("R", host.local, 25, host.address, scene.ephemeral()), MAIL_SERVER)]
    description = FILTERS[scene.between(0, len(FILTERS))]
    return [
        _noted(
            at,
            EntryData(
                "F",
                remote_address=host.address,
                filter_description=description,
                mail_filter=f"sender@{host.address}".encode("cp037"),
            ),
            MAIL_SERVER,
        )
    ]


def closed_port(scene: Scene, at: int) -> list[Draft]:
    """Somebody tries a server that does not run."""
    return [_unavailable(scene, at, scene.pick(scene.cast.desks), CLOSED_PORTS[scene.between(0, len(CLOSED_PORTS))])]


def port_scan(scene: Scene, at: int) -> list[Draft]:
    """Many ports within seconds: P where nothing listens, A where something does, and no data on either."""
    stranger = scene.pick(scene.cast.strangers)
    ports = scene.rng.sample(SCANNED_PORTS, min(scene.between(25, MOST_SCANNED), len(SCANNED_PORTS)))
    drafts = []
    for port in ports:
        at += scene.between(5 * MILLISECOND, 300 * MILLISECOND)
        if port in OPEN_PORTS:
            drafts.append(_touched(scene, at, stranger, port))
        else:
            drafts.append(_unavailable(scene, at, stranger, port))
    return drafts


def _touched(scene: Scene, at: int, stranger: Host, port: int) -> Draft:
    service, tls = OPEN_PORTS[port]
    truth = scene.truth("port-scan", encrypted=None if tls or service is SSH else False)
    wire = Wire(stranger.local, port, stranger.address, scene.ephemeral())
    return scene.entry(at, "A", wire, service.listener, truth)


def _unavailable(scene: Scene, at: int, host: Host, port: int) -> Draft:
    return scene.entry(at, "P", Wire(host.local, port, host.address, scene.ephemeral()), STACK, None)


def _noted(at: int, entry: EntryData, heading: Heading) -> Draft:
    return Draft(at, "SK", encode_entry(entry), heading, None)
