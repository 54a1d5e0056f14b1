"""The background process of the double: PostgreSQL as its child, the proxy, and the control port."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from dev.ibmi.cluster import Cluster
from dev.ibmi.proxy import Proxy
from dev.part import Failed, Missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.ibmi.serve")
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("--port", "--postgres-port", "--control-port"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    try:
        return asyncio.run(_serve(Cluster(options.folder, options.postgres_port), options.port, options.control_port))
    except (Failed, Missing) as error:
        print(error, file=sys.stderr)
        return 1


async def _serve(cluster: Cluster, port: int, control_port: int) -> int:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    try:
        await cluster.start()
        proxy = Proxy(cluster.port)
        control = await asyncio.start_server(_Controls(proxy).serve, "127.0.0.1", control_port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", port, limit=1 << 18)
        ended = asyncio.ensure_future(cluster.wait())
        await asyncio.wait([ended, asyncio.ensure_future(asked.wait())], return_when=asyncio.FIRST_COMPLETED)
        server.close()
        control.close()
        proxy.drop()
        return 1 if ended.done() else 0
    finally:
        await cluster.stop()


class _Controls:
    """Answers one JSON line with one JSON line: {"do": "freeze"} → {"ok": true}."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line := await reader.readline():
            writer.write(json.dumps(self._carry_out(json.loads(line))).encode() + b"\n")
            await writer.drain()
        writer.close()

    def _carry_out(self, request: dict[str, object]) -> dict[str, object]:
        faults, number = self._proxy.faults, request.get("number")
        match request["do"]:
            case "freeze":
                faults.flowing.clear()
            case "thaw":
                faults.flowing.set()
            case "drop":
                self._proxy.drop()
            case "drop-after" if isinstance(number, int):
                faults.rows_until_drop = number
            case "row-delay" if isinstance(number, int | float):
                faults.row_delay_seconds = float(number)
            case "statements":
                return {"ok": True, "statements": list(self._proxy.statements)}
            case "connections":
                return {"ok": True, "opened": self._proxy.opened, "reading": len(self._proxy.reading)}
            case "forget-connections":
                self._proxy.forget_connections()
            case "log-ins":
                return {"ok": True, "count": self._proxy.log_ins}
            case "forget-statements":
                self._proxy.statements.clear()
            case "reset":
                faults.flowing.set()
                faults.rows_until_drop, faults.row_delay_seconds = None, 0.0
                self._proxy.statements.clear()
            case other:
                return {"ok": False, "why": f"unknown request {other!r}"}
        return {"ok": True}


if __name__ == "__main__":
    sys.exit(main())
