"""Who talks to the partition: its own addresses, clients with habits that last, servers, strangers."""

from dataclasses import dataclass
from random import Random

OWN_IPV4 = ("10.20.0.5", "10.20.0.6")
OWN_IPV6 = "2001:db8:20::5"
MAPPED = "::ffff:"
CIPHERS = {
    "TLSV1.3": ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384 RSA_PSS_SHA256 X25519", "CHACHA20_POLY1305_SHA256"),
    "TLSV1.2": (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 RSA_SHA256 SECP256R1",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 ECDSA_SHA512 SECP521R1",
        "TLS_RSA_WITH_AES_128_CBC_SHA256 RSA_SHA256",
    ),
    "TLSV1": ("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
}


@dataclass(frozen=True, slots=True)
class Host:
    """One machine. `protocol` is the TLS version its programs speak, None where they speak clear text.

    `local` is the partition's own address that it uses. The address of a TLS entry can be spelt otherwise than that
    of the accept: `twin` and `local_twin`.
    """

    address: str
    local: str
    protocol: str | None
    cipher: str
    twin: str
    local_twin: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, by the part they play."""

    terminals: tuple[Host, ...]
    desks: tuple[Host, ...]
    applications: tuple[Host, ...]
    partners: tuple[Host, ...]
    administrators: tuple[Host, ...]
    strangers: tuple[Host, ...]
    directories: tuple[Host, ...]
    relays: tuple[Host, ...]
    databases: tuple[Host, ...]
    nightly: tuple[Host, ...]
    watchers: tuple[Host, ...]


def make_cast(seed: int) -> Cast:
    """The same people for the same seed, however often the journal is started again."""
    rng = Random(f"{seed}/cast")
    desks = tuple(
        [_ipv4(rng, f"10.20.{16 + i // 100}.{10 + i % 100}", 0.6) for i in range(140)]
        + [_ipv4(rng, f"10.60.{1 + i // 8}.{20 + i % 8}", 0.4) for i in range(40)]
        + [_ipv6(rng, f"2001:db8:20:16::{i + 1:x}", 0.7) for i in range(12)]
        + [_ipv6(rng, f"2001:DB8:20:17:0:0:0:{i + 1:X}", 0.7) for i in range(8)]
        + [_mapped(rng, f"10.20.18.{10 + i}", 0.5) for i in range(15)]
    )
    return Cast(
        terminals=tuple(_ipv4(rng, f"10.20.40.{10 + i}", 0.25, old=True) for i in range(25)),
        desks=desks,
        applications=tuple(_ipv4(rng, f"10.20.8.{10 + i}", 0.5) for i in range(9)),
        partners=tuple(_ipv4(rng, f"203.0.113.{20 + i}", 0.6) for i in range(12)),
        administrators=tuple(_ipv4(rng, f"10.20.9.{10 + i}", 0.7) for i in range(5)),
        strangers=tuple(_ipv4(rng, f"198.51.100.{30 + i}", 0.0) for i in range(20)),
        directories=(_ipv4(rng, "10.20.8.40", 0.0), _ipv4(rng, "10.20.8.41", 1.0)),
        relays=(_ipv4(rng, "10.20.8.25", 0.0), _ipv4(rng, "203.0.113.25", 1.0)),
        databases=(_ipv4(rng, "10.30.0.5", 0.0), _ipv4(rng, "10.30.0.6", 1.0)),
        nightly=tuple(_ipv4(rng, f"10.20.8.{50 + i}", float(i % 2)) for i in range(4)),
        watchers=tuple(_ipv4(rng, f"10.20.8.{90 + i}", 0.0) for i in range(3)),
    )


def _ipv4(rng: Random, address: str, secure: float, *, old: bool = False) -> Host:
    local = rng.choice(OWN_IPV4)
    return _host(rng, (address, local), (address, local), secure, old=old)


def _ipv6(rng: Random, address: str, secure: float) -> Host:
    return _host(rng, (address, OWN_IPV6), (address.lower(), OWN_IPV6), secure)


def _mapped(rng: Random, address: str, secure: float) -> Host:
    """Reached through a dual-stack socket: the accept has mapped addresses, the TLS entry plain ones."""
    local = rng.choice(OWN_IPV4)
    return _host(rng, (MAPPED + address, MAPPED + local), (address, local), secure)


def _host(rng: Random, pair: tuple[str, str], twins: tuple[str, str], secure: float, *, old: bool = False) -> Host:
    protocol = None
    if rng.random() < secure:
        protocol = rng.choices(("TLSV1.3", "TLSV1.2", "TLSV1"), (0, 60, 40) if old else (40, 55, 5))[0]
    cipher = rng.choice(CIPHERS[protocol]) if protocol else ""
    return Host(pair[0], pair[1], protocol, cipher, twins[0], twins[1])
