"""A real name server on a UDP port of this machine that does what it is told: answers, waits, lies, garbles, dies."""

import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address
from typing import Self

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "AAAA": 28}
WORDS = {number: word for word, number in TYPES.items()}
IN = 1
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
RESPONSE, TRUNCATED = 0x8180, 0x0200
LONGEST_PACKET = 4096

Name = str | tuple[bytes, ...]
"""`host.example.com`, or the labels as bytes, which may hold anything."""
Question = tuple[str, str]


class Manner(Enum):
    PLAIN = auto()
    SILENT = auto()
    HELD = auto()  # answered when the test says so
    GARBAGE = auto()
    CUT_OFF = auto()
    TRUNCATED = auto()  # with the bit that tells the client to ask again over TCP, which nobody answers
    WRONG_QUESTION = auto()
    WRONG_ID = auto()


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    kind: str
    value: Name
    ttl: int = 600
    owner: Name | None = None  # None: whoever was asked for


@dataclass(frozen=True, slots=True)
class Answer:
    records: tuple[ResourceRecord, ...] = ()
    code: int = 0


class DnsServer:
    """Knows `answers`; everything else does not exist. Each takes `delay` seconds; `asked` counts the questions.

    To what is `garbled` it answers garbage, whatever its manner.
    """

    def __init__(self) -> None:
        self.answers: dict[Question, Answer] = {}
        self.asked: Counter[Question] = Counter()
        self.garbled: set[Question] = set()
        self.manner = Manner.PLAIN
        self.delay = 0.0
        self._held: list[tuple[bytes, tuple[str, int]]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def host(self, address: str, name: Name, *, ttl: int = 600, lies: bool = False) -> None:
        """The address has this name; unless it lies, the name has this address."""
        self.answers[pointer(address), "PTR"] = Answer((ResourceRecord("PTR", name, ttl),))
        kind = "AAAA" if ip_address(address).version == 6 else "A"
        if not lies:
            self.answers[_text(_labels(name)), kind] = Answer((ResourceRecord(kind, address, ttl),))

    def release(self) -> None:
        """Answer what was held, and from now on at once."""
        self.manner = Manner.PLAIN
        held, self._held = self._held, []
        for packet, client in held:
            self._socket.sendto(self._reply(packet), client)

    def die(self) -> None:
        """The port is closed: from now on the system refuses what is sent there."""
        if self._thread.is_alive():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", self._socket.getsockname())
            self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, client = self._socket.recvfrom(LONGEST_PACKET)
            if not packet:
                return
            self.asked[_question(packet)] += 1
            if self.manner is Manner.HELD:
                self._held.append((packet, client))
            elif self.manner is not Manner.SILENT and self.delay:
                timer = threading.Timer(self.delay, self._send, (self._reply(packet), client))
                timer.daemon = True
                timer.start()
            elif self.manner is not Manner.SILENT:
                self._socket.sendto(self._reply(packet), client)

    def _send(self, reply: bytes, client: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the server died in between
            self._socket.sendto(reply, client)

    def _reply(self, packet: bytes) -> bytes:
        answer = self.answers.get(_question(packet), Answer(code=NXDOMAIN))
        (number,) = struct.unpack_from("!H", packet)
        asked = _asked(packet)
        flags = RESPONSE | answer.code
        match Manner.GARBAGE if _question(packet) in self.garbled else self.manner:
            case Manner.GARBAGE:
                return packet[:2] + bytes(range(129, 200))
            case Manner.TRUNCATED:
                return struct.pack("!6H", number, flags | TRUNCATED, 1, 0, 0, 0) + asked
            case Manner.WRONG_ID:
                number ^= 0x5555
            case Manner.WRONG_QUESTION:
                asked = _wire(_labels("somebody.else.example")) + asked[-4:]
        records = b"".join(_encode(record) for record in answer.records)
        reply = struct.pack("!6H", number, flags, 1, len(answer.records), 0, 0) + asked + records
        return reply[:-5] if self.manner is Manner.CUT_OFF else reply


def pointer(address: str) -> str:
    return ip_address(address).reverse_pointer


def _question(packet: bytes) -> Question:
    asked = _asked(packet)
    labels, place = [], 0
    while length := asked[place]:
        labels.append(asked[place + 1 : place + 1 + length])
        place += 1 + length
    (kind,) = struct.unpack("!H", asked[-4:-2])
    return _text(tuple(labels)), WORDS.get(kind, str(kind))


def _asked(packet: bytes) -> bytes:
    """The question section: name, type, class."""
    place = 12
    while packet[place]:
        place += 1 + packet[place]
    return packet[12 : place + 5]


def _encode(record: ResourceRecord) -> bytes:
    """The owner is a pointer to the question, which begins at byte 12, unless it is another."""
    owner = b"\xc0\x0c" if record.owner is None else _wire(_labels(record.owner))
    if record.kind in ("A", "AAAA") and isinstance(record.value, str):
        content = ip_address(record.value).packed
    else:
        content = _wire(_labels(record.value))
    return owner + struct.pack("!HHIH", TYPES[record.kind], IN, record.ttl, len(content)) + content


def _labels(name: Name) -> tuple[bytes, ...]:
    return tuple(name.encode().split(b".")) if isinstance(name, str) else name


def _wire(labels: tuple[bytes, ...]) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _text(labels: tuple[bytes, ...]) -> str:
    return b".".join(labels).decode("latin-1").lower()
