"""What is connected to the IBM i double, as several test modules need it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dev.ibmi import Control, JournalEntry
from producer.simulator.encoder import EntryData, encode_entry

OURS = ("10.1.1.5", 9471, "as-database-s")
ACCEPT = EntryData("A", "10.1.1.5", 9471, "10.9.8.7", 50123)
TELNET = ACCEPT._replace(local_port=23)
HANDSHAKE = ACCEPT._replace(detail_type="S", secure_version="TLSV1.3", secure_properties="AES_128_GCM_SHA256")


def open_some(control: Control) -> None:
    """Seven connections of which two are insecure, and five listeners."""
    network = control.network
    network.listen(23, "telnet", job="111111/QTCP/QTVTELNET")
    network.listen(992, "telnet-ssl", job="111111/QTCP/QTVTELNET")
    network.listen(9471, "as-database-s", address="::", job="111113/QUSER/QZDASRVSD")
    network.listen(9471, "as-database-s", job="111113/QUSER/QZDASRVSD")
    network.listen(8471, "as-database", address="127.0.0.1", job="111114/QUSER/QZDASRVSD")
    network.listen(7992, "telnet-ssl", job="111115/QTCP/QTVTELNET")
    network.connect(
        ("10.1.1.5", 23, "telnet"), ("10.9.8.7", 50123, None), job="222222/ALICE/QPADEV0001", idle=17 * 86_400
    )
    network.connect(("10.1.1.5", 992, "telnet-ssl"), ("10.9.8.8", 50124, None), job="222223/BOB/QPADEV0002")
    network.connect(OURS, ("10.9.8.9", 50125, None), job="222224/QUSER/QZDASSINIT 222225/QUSER/QZDASSINIT")
    network.connect(("10.1.1.5", 40001, None), ("10.30.0.5", 446, "drda"), job="222226/NIGHTLY/COPYORDERS")
    network.connect(("::ffff:10.1.1.5", 21, "ftp-control"), ("::ffff:10.9.8.10", 50126, None))
    network.connect(("127.0.0.1", 8471, "as-database"), ("127.0.0.1", 50127, None))
    network.connect(("10.1.1.5", 992, "telnet-ssl"), ("10.9.8.11", 50128, None), state="TIME-WAIT")


def write(control: Control, count: int, kinds: Sequence[EntryData], *, until: datetime, seconds: float = 1) -> None:
    """So many SK entries of these kinds in turn, `seconds` apart, the last one at `until`."""
    attached = control.attached()
    control.append(
        JournalEntry(
            attached.library,
            attached.receiver,
            attached.last_sequence + number,
            until - timedelta(seconds=seconds * (count - number)),
            "SK",
            encode_entry(kinds[number % len(kinds)]),
        )
        for number in range(1, count + 1)
    )
