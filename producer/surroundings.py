"""What a partition may be asked besides its journal, and need not answer: reading goes on without."""

from collections.abc import Sequence
from datetime import timedelta

from producer import journal_sql as sql
from producer.connection_watch import Ends
from producer.odbc import Cells, Odbc, Parameter
from producer.odbc_errors import PlaceInDoubt, Refused
from producer.reader import Place
from producer.receivers import Receiver
from producer.settings import ProducerSettings
from producer.time_to_loss import Deletion
from runtime.errors import Halt
from runtime.logs import log


class Surroundings:
    """Each question is a favour. One that is refused (authority, an older release) is not asked again: on IBM i every
    refusal is an entry in the audit journal. A link that fails raises as everywhere else.
    """

    def __init__(self, odbc: Odbc, settings: ProducerSettings) -> None:
        self._odbc = odbc
        self._journal = (settings.journal_library, settings.journal_name)
        self._refused: set[str] = set()
        self._cpu: tuple[int, timedelta] | None = None

    def deletion(self) -> Deletion | None:
        """What the journal does with receivers; None where this profile may not see its attributes."""
        found = self._ask("asking how receivers are deleted", sql.DELETION, *self._journal)
        if not found:
            return None
        option, delay = found[0]
        return Deletion(sql.text(option) == "YES", timedelta(minutes=sql.number(delay)), self._filled())

    def follows(self, receiver: Receiver, place: Place) -> bool:
        """Whether `receiver` was attached right after that of `place`; where nobody says which one was, it was."""
        where = (*self._journal, receiver.library, receiver.name)
        found = self._ask("asking for the previous receiver", sql.PREVIOUS, *where)
        library, name = map(sql.text, found[0]) if found else (None, None)
        return name is None or (library, name) == (place.receiver_library, place.receiver)

    def own_cpu(self) -> timedelta:
        """Processor time of this connection's server job since it was asked last; zero at first, since a job serves
        one connection after the other."""
        found = self._ask("asking for the processor time of our own job", sql.OWN_JOB)
        if not found:
            return timedelta()
        spent = timedelta(milliseconds=sql.number(found[0][0]))
        before, self._cpu = self._cpu, (self._odbc.session, spent)
        if before is None or before[0] != self._odbc.session:
            return timedelta()
        return max(timedelta(), spent - before[1])

    def connections(self) -> frozenset[Ends] | None:
        """The TCP connections of this moment; None where this profile may not see them: our own is one of them."""
        found = self._ask("asking for connections", sql.CONNECTIONS)
        ends = (
            (sql.text(local), sql.number(local_port), sql.text(remote), sql.number(remote_port))
            for local, local_port, remote, remote_port in found
        )
        return frozenset(ends) or None

    def _filled(self) -> float | None:
        """The attached receiver's size as a share of its threshold, where both are stated."""
        found = self._ask("asking for the size of the attached receiver", sql.FILLING, *self._journal)
        size, threshold = map(sql.number, found[0]) if found else (0, 0)
        return size / threshold if size and threshold else None

    def _ask(self, what: str, statement: str, *parameters: Parameter) -> Sequence[Cells]:
        """Nothing where it is refused."""
        if statement in self._refused:
            return []
        try:
            return self._odbc.query(what, statement, *parameters)
        except (Halt, PlaceInDoubt, Refused) as refusal:
            self._refused.add(statement)
            log.info("not asked again: the IBM i refuses it", what=what, why=str(refusal))
            return []
