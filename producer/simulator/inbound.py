"""Sessions that others open to the partition: terminals, office programs, databases, files, consoles."""

from producer.simulator.cast import Host
from producer.simulator.scene import MILLISECOND, SECOND, SETTLED, Draft, Scene, Truth, Wire
from producer.simulator.services import (
    ADMIN,
    COMMAND,
    DATABASE,
    DDM,
    FTP,
    OFFICE_SERVERS,
    PORT_MAPPER,
    SIGNON,
    SSH,
    TELNET,
    Heading,
    Service,
)

ACTIVE_DATA_PORT = 20
PASSIVE_PORTS = (50_000, 50_100)


def accept(scene: Scene, at: int, host: Host, service: Service) -> list[Draft]:
    """One connection: to the TLS port when the host speaks TLS and there is one, with its handshake."""
    if host.protocol is None or service.tls_port is None:
        truth = scene.truth(service.name)
        return [_accepted(scene, at, (host, service.port), service.listener, truth)]
    truth = scene.truth(f"{service.name}-tls", encrypted=True, by=host.protocol)
    return secured(scene, at, (host, service.tls_port), service, truth)


def secured(scene: Scene, at: int, end: tuple[Host, int], service: Service, truth: Truth) -> list[Draft]:
    """An accept and the handshake that belongs to it."""
    host, port = end
    remote_port = scene.ephemeral()
    wire = Wire(host.local, port, host.address, remote_port)
    accepted = scene.entry(at + SETTLED, "A", wire, service.listener, truth)
    done = at + SETTLED + scene.handshake_delay()
    return [accepted, scene.handshake(done, host, (port, remote_port), service.worker, truth)]


def telnet(scene: Scene, at: int) -> list[Draft]:
    hosts = scene.cast.terminals if scene.random() < 0.3 else scene.cast.desks
    return accept(scene, at, scene.pick(hosts), TELNET)


def office_client(scene: Scene, at: int) -> list[Draft]:
    """An office program asks the port mapper first, signs on, then uses one to three servers."""
    servers = [SIGNON, *(OFFICE_SERVERS[scene.between(0, len(OFFICE_SERVERS))] for _ in range(scene.between(1, 4)))]
    return host_servers(scene, at, scene.pick(scene.cast.desks), servers)


def database_client(scene: Scene, at: int) -> list[Draft]:
    servers = [SIGNON, DATABASE] if scene.random() < 0.7 else [SIGNON, DATABASE, COMMAND]
    return host_servers(scene, at, scene.pick(scene.cast.applications), servers)


def host_servers(scene: Scene, at: int, host: Host, servers: list[Service]) -> list[Draft]:
    """The port mapper, which is clear text even for TLS clients, and then the servers one after the other."""
    drafts = accept(scene, at, host, PORT_MAPPER)
    for service in servers:
        at += scene.between(20 * MILLISECOND, 900 * MILLISECOND)
        drafts += accept(scene, at, host, service)
    return drafts


def ddm(scene: Scene, at: int) -> list[Draft]:
    return accept(scene, at, scene.pick(scene.cast.applications), DDM)


def ftp(scene: Scene, at: int) -> list[Draft]:
    """Port 21 is clear text until AUTH TLS: only the S entry tells. Data connections follow, passive or active."""
    return file_transfer(scene, at, scene.pick(scene.cast.partners))


def file_transfer(scene: Scene, at: int, host: Host) -> list[Draft]:
    upgrade = host.protocol is not None
    truth = scene.truth("ftp", encrypted=upgrade, by=host.protocol)
    remote_port = scene.ephemeral()
    control = scene.entry(at, "A", Wire(host.local, FTP.port, host.address, remote_port), FTP.listener, truth)
    drafts = [control]
    if upgrade:
        upgraded = at + scene.between(100 * MILLISECOND, 2 * SECOND)
        drafts.append(scene.handshake(upgraded, host, (FTP.port, remote_port), FTP.worker, truth))
    for _ in range(scene.between(1, 4)):
        at += scene.between(2 * SECOND, 6 * SECOND)
        drafts += _file_data(scene, at, host)
    return drafts


def _file_data(scene: Scene, at: int, host: Host) -> list[Draft]:
    active = scene.random() < 0.3
    truth = scene.truth("ftp-data", encrypted=host.protocol is not None, by=host.protocol)
    port = ACTIVE_DATA_PORT if active else scene.between(*PASSIVE_PORTS)
    remote_port = scene.ephemeral()
    opened = scene.entry(
        at, "C" if active else "A", Wire(host.local, port, host.address, remote_port), FTP.worker, truth
    )
    if host.protocol is None:
        return [opened]
    done = at + scene.between(5 * MILLISECOND, 200 * MILLISECOND)
    return [opened, scene.handshake(done, host, (port, remote_port), FTP.worker, truth)]


def ssh(scene: Scene, at: int) -> list[Draft]:
    """Encrypted, but not by System TLS: there is no S entry."""
    hosts = scene.cast.partners if scene.random() < 0.5 else scene.cast.administrators
    truth = scene.truth("ssh", encrypted=True, by="ssh")
    return [_accepted(scene, at, (scene.pick(hosts), SSH.port), SSH.listener, truth)]


def admin(scene: Scene, at: int) -> list[Draft]:
    return accept(scene, at, scene.pick(scene.cast.administrators), ADMIN)


def failed_handshake(scene: Scene, at: int) -> list[Draft]:
    """A client that cannot agree on a protocol: X instead of S. It tries again once or twice."""
    host, service = scene.pick(scene.cast.desks), TELNET if scene.random() < 0.5 else DATABASE
    port, drafts = service.tls_port or service.port, []
    for _ in range(scene.between(1, 4)):
        truth, remote_port = scene.truth("failed-handshake", encrypted=None), scene.ephemeral()
        wire = Wire(host.local, port, host.address, remote_port)
        drafts.append(scene.entry(at, "A", wire, service.listener, truth))
        failed = at + scene.between(3 * MILLISECOND, 300 * MILLISECOND)
        twin = Wire(host.local_twin, port, host.twin, remote_port)
        drafts.append(scene.entry(failed, "X", twin, service.worker, truth))
        at += scene.between(SECOND, 4 * SECOND)
    return drafts


def _accepted(scene: Scene, at: int, end: tuple[Host, int], heading: Heading, truth: Truth) -> Draft:
    host, port = end
    return scene.entry(at, "A", Wire(host.local, port, host.address, scene.ephemeral()), heading, truth)
