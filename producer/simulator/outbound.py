"""Sessions that the partition opens itself: directories, mail, other databases, and its own servers by loopback."""

from producer.simulator.cast import Host
from producer.simulator.scene import MILLISECOND, SECOND, Draft, Scene, Wire
from producer.simulator.services import (
    COMMAND,
    DATABASE,
    DATABASE_CLIENT,
    DDM,
    LDAP_CLIENT,
    MAIL_CLIENT,
    SIGNON,
    Heading,
)

LOOPBACKS = ("127.0.0.1", "127.0.0.1", "127.0.0.1", "::1")
MAIL_PORT = 25


def connect(scene: Scene, at: int, end: tuple[Host, int], kind: str, heading: Heading) -> list[Draft]:
    """One connection, with its handshake when the other side speaks TLS."""
    host, port = end
    truth = scene.truth(kind, encrypted=host.protocol is not None, by=host.protocol)
    local_port = scene.ephemeral()
    drafts = [scene.entry(at, "C", Wire(host.local, local_port, host.address, port), heading, truth)]
    if host.protocol is not None:
        done = at + scene.between(5 * MILLISECOND, 800 * MILLISECOND)
        drafts.append(scene.handshake(done, host, (local_port, port), heading, truth))
    return drafts


def directory(scene: Scene, at: int) -> list[Draft]:
    host = scene.pick(scene.cast.directories)
    return connect(scene, at, (host, 636 if host.protocol else 389), "ldap-out", LDAP_CLIENT)


def mail(scene: Scene, at: int) -> list[Draft]:
    """Port 25 with STARTTLS or without: the port does not tell."""
    return connect(scene, at, (scene.pick(scene.cast.relays), MAIL_PORT), "smtp-out", MAIL_CLIENT)


def database(scene: Scene, at: int) -> list[Draft]:
    host = scene.pick(scene.cast.databases)
    return connect(scene, at, (host, 448 if host.protocol else 446), "drda-out", DATABASE_CLIENT)


def loopback(scene: Scene, at: int) -> list[Draft]:
    """Both ends are here, so there is a connect and an accept."""
    service = (DATABASE, COMMAND, SIGNON, DDM)[scene.between(0, 4)]
    here = LOOPBACKS[scene.between(0, len(LOOPBACKS))]
    truth, port = scene.truth("loopback"), scene.ephemeral()
    return [
        scene.entry(at, "C", Wire(here, port, here, service.port), DATABASE_CLIENT, truth),
        scene.entry(at + scene.between(50, 2_000), "A", Wire(here, service.port, here, port), service.listener, truth),
    ]


def batch_load(scene: Scene, at: int) -> list[Draft]:
    """A job that talks to another database several times in a row."""
    drafts = []
    for _ in range(scene.between(1, 4)):
        drafts += database(scene, at)
        at += scene.between(SECOND, 5 * SECOND)
    return drafts
