"""Messages of the PostgreSQL protocol, version 3: how they are framed, and those that the double changes or makes."""

import struct

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST, PROTOCOL_3 = 80877103, 80877104, 80877102, 196608

_LENGTH = struct.Struct("!I")
_COUNT = struct.Struct("!H")
_COLUMN_TAIL = 18  # table, column, type, size, modifier, format

# PostgreSQL's SQLSTATE -> what Db2 for i says instead
_DB2_ERRORS = {
    b"42P01": (b"42704", b"[SQL0204] "),
    b"3F000": (b"42704", b"[SQL0204] "),
    b"42883": (b"42884", b"[SQL0440] "),
    b"42703": (b"42703", b"[SQL0206] "),
    b"42601": (b"42601", b"[SQL0104] "),
    b"42P18": (b"42610", b"[SQL0418] "),
    b"42501": (b"42501", b"[SQL0551] "),
    b"57014": (b"57014", b"[SQL0952] "),
    b"57P01": (b"08S01", b""),
}


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + _LENGTH.pack(len(body) + 4) + body


def startup(user: str, database: str) -> bytes:
    return _startup(f"user\0{user}\0database\0{database}\0\0".encode())


def with_lower_case_user(packet: bytes) -> bytes:
    """The start-up packet with the user's name folded: a profile of IBM i has no case."""
    words = packet[8:].split(b"\0")
    at = words[::2].index(b"user") * 2
    words[at + 1] = words[at + 1].lower()
    return _startup(b"\0".join(words))


def startup_code(packet: bytes) -> int:
    code: int = _LENGTH.unpack_from(packet, 4)[0]
    return code


def length_of(buffer: bytes | bytearray, at: int) -> int:
    """The length that stands at `at`, itself included."""
    length: int = _LENGTH.unpack_from(buffer, at)[0]
    return length


def error_fields(body: bytes) -> dict[bytes, bytes]:
    return {field[:1]: field[1:] for field in body.split(b"\0") if field}


def as_db2_error(body: bytes) -> bytes:
    """An ErrorResponse with Db2's SQLSTATE and message id."""
    fields = error_fields(body)
    if (code := fields.get(b"C", b"")) in _DB2_ERRORS:
        state, prefix = _DB2_ERRORS[code]
        own_text = fields[b"M"].startswith(b"[SQL")
        fields |= {b"C": state, b"M": fields[b"M"] if own_text else prefix + fields[b"M"]}
    return message(b"E", b"".join(key + value + b"\0" for key, value in fields.items()) + b"\0")


def with_upper_case_columns(body: bytes) -> bytes:
    """A RowDescription as Db2 gives it, with names in upper case."""
    out, at = [body[:2]], 2
    for _ in range(_COUNT.unpack_from(body)[0]):
        end = body.index(0, at)
        tail = end + 1 + _COLUMN_TAIL
        out.append(body[at:end].upper() + body[end:tail])
        at = tail
    return message(b"T", b"".join(out))


def _startup(words: bytes) -> bytes:
    return _LENGTH.pack(len(words) + 8) + _LENGTH.pack(PROTOCOL_3) + words
