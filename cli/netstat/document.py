"""Connections and listeners as JSON objects, one a line."""

from datetime import UTC, datetime

import orjson

from cli.netstat.look import Seen
from enricher.listeners import Listener


def connection_line(system: str, seen: Seen, now: datetime, *, change: str | None = None) -> bytes:
    """`change` is `opened` or `closed` where changes are watched."""
    socket, opinion, name = seen.socket, seen.opinion, seen.name
    document = {
        "system": system,
        "time": now.astimezone(UTC),
        "direction": opinion.direction,
        "local": {"address": socket.local_address, "port": socket.local_port, "server": socket.local_name},
        "remote": {
            "address": socket.remote_address,
            "port": socket.remote_port,
            "server": socket.remote_name,
            "name": name.text if name else None,
            "name_status": name.status if name else None,
        },
        "service": opinion.service,
        "verdict": opinion.verdict,
        "reason": opinion.reason,
        "network": opinion.network,
        "advice": opinion.advice,
        "state": socket.state,
        "idle_seconds": socket.idle_seconds,
        "jobs": [{"job": owner.job, "profile": owner.profile} for owner in socket.owners],
    }
    return _line({"change": change, **document} if change else document)


def listener_line(system: str, listener: Listener, now: datetime) -> bytes:
    one, entry = listener.listening, listener.entry
    return _line(
        {
            "system": system,
            "time": now.astimezone(UTC),
            "transport": one.transport,
            "port": one.port,
            "server": one.name,
            "addresses": one.addresses,
            "service": entry.service if entry else None,
            "speaks": entry.speaks if entry else None,
            "twin": entry.twin if entry else None,
            "verdict": listener.verdict,
            "findings": listener.kinds,
            "notes": listener.notes,
        }
    )


def _line(document: dict[str, object]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)
