"""A policy as the TOML that says all of it: what `policy show` prints, and what can be read again."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from enricher.policy import Policy, PolicyException, Weight
from enricher.policy_defaults import INFORMATIONAL
from enricher.ranges import port_texts

LINE_LENGTH = 100


def policy_text(policy: Policy) -> str:
    """Every key with the value in force. Reading it gives a policy of the same hash."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield f"mode = {_quoted(policy.mode)}"
    yield f"window = {policy.window_seconds}"
    yield from ("", "[ports]", f"outbound = {_truth(policy.outbound)}")
    yield from _list("secure", _port_items(policy.secure_ports))
    yield from _list("cleartext", _port_items(policy.cleartext_ports))
    yield from ("", "[networks]", *_list("own", map(_quoted, policy.networks.own)))
    yield from _list("addresses", map(_quoted, sorted(policy.own_addresses)))
    yield from ("", "[tls]", f"weakest_protocol = {_quoted(policy.weakest_protocol)}")
    yield from _list("weak_ciphers", map(_quoted, policy.weak_ciphers))
    yield f"forward_secrecy = {_truth(policy.needs_forward_secrecy)}"
    for tunnel in policy.tunnels:
        yield from ("", "[[tunnel]]", *_list("networks", map(_quoted, (tunnel.one, tunnel.other))))
    if policy.canary:
        yield from ("", "[canary]", *_list("addresses", map(_quoted, policy.canary.addresses)))
        yield from _list("ports", _port_items(policy.canary.ports))
    for exception in policy.exceptions:
        yield from ("", *_exception(exception))
    yield from ("", "[severities]")
    yield from (f"{name} = {_weight(weight)}" for name, weight in policy.severities.items() if weight != INFORMATIONAL)
    yield from (f"{name} = {_weight(weight)}" for name, weight in policy.severities.items() if weight == INFORMATIONAL)
    yield from ("", "[alerts]", *_list("reasons", map(_quoted, sorted(policy.alerts))))


def _exception(exception: PolicyException) -> Iterator[str]:
    yield "[[exception]]"
    yield from _list("addresses", map(_quoted, exception.addresses))
    yield from _list("ports", _port_items(exception.ports)) if exception.ports else ()
    yield from (f"system = {_quoted(exception.system)}",) if exception.system else ()
    yield f"verdict = {_quoted(exception.verdict)}"
    yield f"reason = {_quoted(exception.reason)}"
    yield f"owner = {_quoted(exception.owner)}"
    yield f"expires = {exception.expires}"


def _list(name: str, items: Iterable[str]) -> Iterator[str]:
    """On one line where it fits, else as many items on a line as fit."""
    texts = list(items)
    whole = f"{name} = [{', '.join(texts)}]"
    if len(whole) <= LINE_LENGTH:
        yield whole
        return
    yield f"{name} = ["
    yield from _filled(texts)
    yield "]"


def _filled(texts: Sequence[str]) -> Iterator[str]:
    line = " "
    for text in texts:
        if len(line) + len(text) > LINE_LENGTH:
            yield line
            line = " "
        line += f" {text},"
    yield line


def _port_items(ports: Iterable[int]) -> Iterator[str]:
    return (text if text.isdecimal() else _quoted(text) for text in port_texts(ports))


def _weight(weight: Weight) -> str:
    if weight.internal == weight.external:
        return _quoted(weight.internal)
    return f"{{ internal = {_quoted(weight.internal)}, external = {_quoted(weight.external)} }}"


def _quoted(value: object) -> str:
    """A JSON text is a TOML text; what is no visible character is escaped, which TOML wants of DEL."""
    return "".join(one if one.isprintable() else _escaped(ord(one)) for one in orjson.dumps(str(value)).decode())


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _truth(value: object) -> str:
    return "true" if value else "false"
