"""The hash of a policy: of what it says, not of how it is written."""

import hashlib
from dataclasses import asdict

import orjson

from enricher.catalogue import Catalogue
from enricher.policy import Canary, Policy, PolicyException, Tunnel

DIGITS = 12


def policy_hash(policy: Policy, catalogue: Catalogue) -> str:
    """Twelve hexadecimal digits over all that decides or words a verdict, the catalogue included.

    Comments and the order of lists do not change it, but for the order of exceptions: the first that fits counts.
    """
    content = {
        "mode": policy.mode,
        "window": policy.window_seconds,
        "outbound": policy.outbound,
        "secure_ports": sorted(policy.secure_ports),
        "cleartext_ports": sorted(policy.cleartext_ports),
        "own_networks": sorted(map(str, policy.networks.own)),
        "own_addresses": sorted(policy.own_addresses),
        "tunnels": sorted(map(_tunnel, policy.tunnels)),
        "canary": _canary(policy.canary),
        "exceptions": [_exception(exception) for exception in policy.exceptions],
        "weakest_protocol": policy.weakest_protocol,
        "weak_ciphers": sorted(policy.weak_ciphers),
        "forward_secrecy": policy.needs_forward_secrecy,
        "severities": {raised: [weight.internal, weight.external] for raised, weight in policy.severities.items()},
        "alerts": sorted(policy.alerts),
        "catalogue": catalogue.content(),
    }
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:DIGITS]


def _tunnel(tunnel: Tunnel) -> list[str]:
    return sorted((str(tunnel.one), str(tunnel.other)))


def _canary(canary: Canary | None) -> dict[str, object] | None:
    if canary is None:
        return None
    return {"addresses": sorted(map(str, canary.addresses)), "ports": sorted(canary.ports)}


def _exception(exception: PolicyException) -> dict[str, object]:
    said = asdict(exception)
    return {**said, "addresses": sorted(map(str, exception.addresses)), "ports": sorted(exception.ports)}
