"""What is asked of a partition besides entries: receivers, audit levels, where a time stands."""

from datetime import datetime

from producer import journal_sql as sql
from producer.audit_levels import Levels
from producer.odbc import Odbc
from producer.odbc_errors import NoEntries, PlaceInDoubt, ReceiverDamaged, Refused
from producer.reader import Place
from producer.receivers import Chain, Receiver, in_order
from producer.settings import ProducerSettings
from runtime.errors import Halt, Unavailable

NOTHING_LISTED_SECONDS = 10.0


class Listing:
    """The questions about one journal, over one connection."""

    def __init__(self, odbc: Odbc, settings: ProducerSettings) -> None:
        self._odbc = odbc
        self._journal = (settings.journal_library, settings.journal_name)
        self._has_listed = False

    def receivers(self, since: datetime = sql.EARLIEST) -> Chain:
        """Those attached since then; all where there are none. Raises Halt, or Unavailable where there were some."""
        found = self._odbc.query("listing the receivers", sql.RECEIVERS, *self._journal, since)
        if found:
            self._has_listed = True
            now, offset = sql.moment(found[0][0]), sql.offset_seconds(found[0][1])
            return Chain(in_order(map(sql.receiver_of, found)), now, offset)
        if since > sql.EARLIEST:
            return self.receivers()
        words = (
            f"no receiver of {'/'.join(self._journal)} can be seen: the journal does not exist, or this profile "
            "lacks authority to it (*USE and *OBJEXIST on the journal, *EXECUTE on its library)"
        )
        if self._has_listed:  # it was there before: perhaps it is being created anew
            raise Unavailable(words, retry_after=NOTHING_LISTED_SECONDS)
        raise Halt(words)

    def is_attached(self, receiver: Receiver) -> bool:
        """Whether it is really the journal's end: a new receiver can be missing from the list for a moment."""
        if receiver.attached:
            return True
        found = self._odbc.query("asking for the attached receiver", sql.ATTACHED, *self._journal)
        return [(receiver.library, receiver.name)] == [(sql.text(library), sql.text(name)) for library, name in found]

    def place_at(self, local: datetime, chain: Chain) -> Place:
        """The place behind which the first entry of that time or later stands.

        A receiver that cannot be asked counts from its beginning.
        """
        for receiver in chain.written_since(local):
            try:
                sequence = self._first_since(receiver, local)
            except (ReceiverDamaged, PlaceInDoubt, Refused):
                return receiver.before
            if sequence is not None:
                return receiver.at(sequence - 1)
        return chain.newest.end

    def levels(self) -> Levels:
        return sql.levels_of(self._odbc.query("reading the audit levels", sql.SYSTEM_VALUES))

    def environment(self) -> str:
        """The partition's name and release."""
        ((name, version, release),) = self._odbc.query("reading the release of IBM i", sql.ENVIRONMENT)
        return f"{sql.text(name)} (IBM i {version}.{release})"

    def _first_since(self, receiver: Receiver, local: datetime) -> int | None:
        if receiver.freed:
            return None
        place = (receiver.library, receiver.name)
        try:
            found = self._odbc.query("looking for a time", sql.FIRST_SINCE, *self._journal, *place, local, *place)
        except NoEntries:
            return None
        return sql.number(found[0][0]) if found else None
