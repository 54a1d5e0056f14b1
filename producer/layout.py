"""Where each field stands in the entry data of SK and SV entries, as slices (IBM i 7.3 layouts, J5 offset - 610)."""

CCSID = "cp037"
PADDING = " \0"
"""What fills a field up, once decoded: X'40' and X'00'."""

DETAIL_TYPE = slice(0, 1)
LOCAL_ADDRESS_SHORT = slice(1, 16)
LOCAL_PORT = slice(16, 21)
REMOTE_ADDRESS_SHORT = slice(21, 36)
REMOTE_PORT = slice(36, 41)
SOCKET_DESCRIPTOR = slice(41, 45)
FILTER_DESCRIPTION = slice(45, 55)
FILTER_LENGTH = slice(55, 57)
FILTER = slice(57, 571)
ADDRESS_FAMILY = slice(571, 581)
LOCAL_ADDRESS = slice(581, 627)
REMOTE_ADDRESS = slice(627, 673)
MAC_ADDRESS = slice(673, 705)
HOST_NAME = slice(705, 960)
SECURE_VERSION = slice(960, 970)
SECURE_PROPERTIES = slice(970, 1070)

SK_FIELDS = (
    DETAIL_TYPE,
    LOCAL_ADDRESS_SHORT,
    LOCAL_PORT,
    REMOTE_ADDRESS_SHORT,
    REMOTE_PORT,
    SOCKET_DESCRIPTOR,
    FILTER_DESCRIPTION,
    FILTER_LENGTH,
    FILTER,
    ADDRESS_FAMILY,
    LOCAL_ADDRESS,
    REMOTE_ADDRESS,
    MAC_ADDRESS,
    HOST_NAME,
    SECURE_VERSION,
    SECURE_PROPERTIES,
)
SK_SHORTEST = SOCKET_DESCRIPTOR.stop
HEAD = slice(0, SOCKET_DESCRIPTOR.start)
MAIL = slice(FILTER_DESCRIPTION.start, FILTER.stop)
ENDS = slice(ADDRESS_FAMILY.start, REMOTE_ADDRESS.stop)
REST = slice(MAC_ADDRESS.start, SECURE_PROPERTIES.stop)
"""The parts that are read as one: what differs from entry to entry, and what is the same in most of them."""
SK_BEFORE_7_3 = HOST_NAME.stop
SK_LENGTH = SECURE_PROPERTIES.stop

SV_KIND = slice(0, 1)
SV_NAME = slice(1, 11)
SV_NEW = (slice(11, 261), slice(511, 761), slice(1011, 2011))
"""The new value and its two continuations; the last field of both can be absent."""
SV_OLD = (slice(261, 511), slice(761, 1011), slice(2011, 3011))
SV_SHORTEST = 511


def within(part: slice, field: slice) -> slice:
    """Where a field stands in a part that begins with another."""
    return slice(field.start - part.start, field.stop - part.start)


def width(field: slice) -> int:
    """How many bytes a field has."""
    return int(field.stop - field.start)


def end_of_whole_fields(length: int) -> int:
    """Where the last SK field ends that is wholly inside entry data of `length` bytes.

    Secure properties count as whole at any length: how long they really are is not documented.
    """
    if length > SECURE_VERSION.stop:
        return min(length, SK_LENGTH)
    return max((int(field.stop) for field in SK_FIELDS if field.stop <= length), default=0)
