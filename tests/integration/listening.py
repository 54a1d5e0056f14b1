"""A port of the IBM i double that writes journal entries, as the partition does: on accept, and on a TLS handshake."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from socket import create_server, socket

from dev.ibmi import Control, JournalEntry
from producer.simulator.encoder import EntryData, encode_entry


@contextmanager
def listening(control: Control, context: ssl.SSLContext | None = None, *, audited: bool = True) -> Iterator[int]:
    """On a free port of 127.0.0.1, which is given."""
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    link, remote = listener.accept()
                except OSError:
                    return
                with link:
                    _serve(link, remote, port, control if audited else None, context)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield port
        listener.shutdown(2)
    thread.join(10)


def _serve(
    link: socket, remote: tuple[str, int], port: int, control: Control | None, context: ssl.SSLContext | None
) -> None:
    accept = EntryData("A", "127.0.0.1", port, *remote)
    _write(control, accept)
    if context is None:
        return
    try:
        with context.wrap_socket(link, server_side=True) as secured:
            said = accept._replace(
                detail_type="S", secure_version="TLSV1.3", secure_properties=(secured.cipher() or ("none",))[0]
            )
            _write(control, said)
            secured.recv(1)
    except OSError:
        _write(control, accept._replace(detail_type="X"))


def _write(control: Control | None, data: EntryData) -> None:
    if control is None:
        return
    attached = control.attached()
    now = datetime.now(UTC).replace(tzinfo=None)
    place = (attached.library, attached.receiver, attached.last_sequence + 1)
    control.append([JournalEntry(*place, now, "SK", encode_entry(data))])
