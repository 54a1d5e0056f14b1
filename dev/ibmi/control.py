"""The hands of an operator on the double: entries and receivers come and go, the clock is set, the link is broken."""

import json
import re
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from dev.ibmi.entries import COPY_TARGET, JournalEntry, copy_line
from dev.ibmi.network import Network
from dev.ibmi.wire import Wire
from dev.part import Failed

HEADING_BYTES = 180
"""What an entry takes in a receiver besides its data: an assumption."""


class Attached(NamedTuple):
    """The attached receiver and the last sequence in it."""

    library: str
    receiver: str
    last_sequence: int


class Control:
    """Acts on the journal over a connection straight to PostgreSQL, on the link through the proxy's control port."""

    def __init__(self, postgres_port: int, control_port: int) -> None:
        self._wire = Wire(postgres_port)
        self.network = Network(self._wire)
        self._control_port = control_port

    def close(self) -> None:
        self._wire.close()

    def reset(self, clock: datetime | None = None) -> None:
        """A fresh partition: no faults, auditing on, one new receiver QGPL/AUDRCV0001, the password accepted.

        With `clock`, the partition's clock stands still at that local time.
        """
        self._ask("reset")
        self._wire.query("SELECT dbl.reset($1)", _local(clock))
        self._wire.run("TRUNCATE dbl.commands")
        self.network.reset()
        self.offer_audit_journal_sk("complete")
        self.accept_password()

    # the journal

    def attached(self) -> Attached:
        ((library, receiver, last),) = self._wire.query(
            "SELECT library, name, last_sequence FROM dbl.receivers ORDER BY ord DESC LIMIT 1"
        )
        return Attached(str(library), str(receiver), int(str(last)))

    def append(self, entries: Iterable[JournalEntry]) -> int:
        """Write entries, in journal order and all or nothing, and say how many.

        A receiver that is not there yet is attached; its first sequence is that of its first entry.
        """
        ends: dict[int, int] = {}
        sizes: Counter[int] = Counter()
        self._wire.run("BEGIN")
        try:
            lines = list(self._lines(entries, ends, sizes))
            self._wire.copy(COPY_TARGET, lines)
            for receiver, last in ends.items():
                self._wire.query(
                    "UPDATE dbl.receivers SET last_sequence = greatest(last_sequence, $2), size_bytes = size_bytes + $3"
                    " WHERE ord = $1",
                    receiver,
                    last,
                    sizes[receiver],
                )
            self._wire.run("COMMIT")
        except BaseException:
            self._wire.run("ROLLBACK")
            raise
        return len(lines)

    def repeat(self, times: int) -> None:
        """The entries of the attached receiver come so many times more, later and with higher numbers."""
        last = self.attached().last_sequence
        for number in range(1, times + 1):
            self._wire.query("SELECT dbl.repeat(CAST($1 AS decimal), CAST($2 AS integer))", str(last), number)

    def advance(self, count: int) -> None:
        """Entries of other types take the next `count` sequence numbers."""
        self._wire.query(
            "UPDATE dbl.receivers SET last_sequence = last_sequence + CAST($1 AS integer) WHERE detached_at IS NULL",
            count,
        )

    def rotate(self, receiver: str | None = None, *, reset_sequence: bool = False, at: datetime | None = None) -> str:
        """Attach a new receiver, by default the next in number, and return its name; takes two sequence numbers."""
        old = self.attached()
        name = receiver or _next_name(old.receiver)
        self._wire.query(
            "SELECT dbl.rotate($1, $2, $3, coalesce(CAST($4 AS timestamp), dbl.local_timestamp()))",
            old.library,
            name,
            reset_sequence,
            _local(at),
        )
        return name

    def rotate_often(self, count: int) -> None:
        """So many receivers more, each named after the one before."""
        old = self.attached()
        self._wire.query(
            "SELECT dbl.rotate($1, left($2, -4) || right(CAST(10000 + CAST(right($2, 4) AS integer) + n AS text), 4),"
            " false, dbl.local_timestamp()) FROM generate_series(1, CAST($3 AS integer)) AS n",
            old.library,
            old.receiver,
            count,
        )

    def delete_receiver(self, receiver: str) -> None:
        self._change(receiver, "DELETE FROM dbl.receivers WHERE name = $1 RETURNING ord")

    def delete_journal(self) -> None:
        """All receivers go; the next entry that is written attaches the first one of a new journal."""
        self._wire.query("DELETE FROM dbl.receivers")

    def lose_entries(self, count: int) -> None:
        """The last entries of the attached receiver were never forced to disk: an abnormal end takes them back."""
        self._wire.query(
            "UPDATE dbl.receivers SET last_sequence = last_sequence - CAST($1 AS integer) WHERE detached_at IS NULL",
            count,
        )
        self._wire.run("DELETE FROM dbl.entries USING dbl.receivers WHERE receiver = ord AND sequence > last_sequence")

    def free_receiver(self, receiver: str, *, status: str = "FREED") -> None:
        """Saved with its storage freed: CPF7053. The list can be late and give its old status."""
        self._mark(receiver, f"freed = true, status = '{status}'")

    def damage_receiver(self, receiver: str) -> None:
        self._mark(receiver, "damaged = true")

    def hide_receiver(self, receiver: str) -> None:
        """Leave it out of the list of receivers, as one that was attached a moment ago can be."""
        self._mark(receiver, "listed = false")

    def show_receiver(self, receiver: str) -> None:
        self._mark(receiver, "listed = true")

    # authority, values, clock

    def revoke_receiver(self, receiver: str) -> None:
        """Take the reader's *USE authority to a receiver away: CPF9802."""
        self._mark(receiver, "authorised = false")

    def grant_receiver(self, receiver: str) -> None:
        self._mark(receiver, "authorised = true")

    def set_journal_authority(self, *, granted: bool) -> None:
        self._set("journal_authority", granted)

    def set_audit_authority(self, *, granted: bool) -> None:
        """*AUDIT special authority, without which QAUD* values read *NOTAVL."""
        self._set("audit_authority", granted)

    def refuse_password(self) -> None:
        """Refuse every log-in from now on; connections that exist go on."""
        self._wire.run("ALTER ROLE audrdr VALID UNTIL '-infinity'")

    def accept_password(self) -> None:
        self._wire.run("ALTER ROLE audrdr VALID UNTIL 'infinity'")

    def set_system_value(self, name: str, text: str) -> None:
        self._wire.query(
            "INSERT INTO dbl.system_values (name, text) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET text = $2",
            name,
            text,
        )

    def set_utc_offset(self, seconds: int) -> None:
        """Local time is UTC plus so much; CURRENT TIMEZONE says the same."""
        self._set("utc_offset_seconds", seconds)

    def set_clock(self, local: datetime | None) -> None:
        """Stop the partition's clock at this local time; None lets it run."""
        self._set("clock", _local(local))

    def commands(self) -> list[str]:
        """The CL commands that were run since the last reset."""
        return [str(command) for (command,) in self._wire.query("SELECT command FROM dbl.commands ORDER BY ord")]

    def offer_audit_journal_sk(self, kind: str) -> None:
        """SYSTOOLS.AUDIT_JOURNAL_SK is `complete`, `empty-remote-ends`, `without-remote-ends` or `absent`."""
        self._wire.query("SELECT dbl.offer_audit_journal_sk($1)", kind)

    def set_head_is_an_error(self, wanted: bool) -> None:
        """Answer a query that starts behind the last entry with CPF7054 instead of no rows."""
        self._set("head_is_an_error", wanted)

    def set_terse_errors(self, wanted: bool) -> None:
        """Leave the CPF text out of 38501, as when it stands in the job log only."""
        self._set("terse_errors", wanted)

    def set_delete_receivers(self, wanted: bool) -> None:
        """What CHGJRN DLTRCV says; the double deletes nothing by itself."""
        self._set("delete_receivers", wanted)

    def set_threshold(self, kilobytes: int) -> None:
        """The size at which CRTJRNRCV says that a receiver is full; the double changes nothing by itself."""
        self._set("threshold_kb", kilobytes)

    # the link

    def freeze(self) -> None:
        """Nothing goes through any more, and nothing ends either."""
        self._ask("freeze")

    def thaw(self) -> None:
        self._ask("thaw")

    def drop_connections(self) -> None:
        self._ask("drop")

    def drop_after(self, rows: int) -> None:
        """Cut the next connection that reads the journal once it has brought so many rows."""
        self._ask("drop-after", rows)

    def set_row_delay(self, milliseconds: float) -> None:
        """The time that each row of the journal takes; a real partition was measured at 5.9 ms."""
        self._ask("row-delay", milliseconds / 1000)

    def statements(self) -> list[str]:
        """What was asked of late, in Db2's SQL, the driver's own questions left out."""
        found = self._ask("statements")["statements"]
        return [str(statement) for statement in found] if isinstance(found, list) else []

    def connections(self) -> dict[str, int]:
        """How many were `opened`, and how many have been `reading` the journal, since they were forgotten."""
        found = self._ask("connections")
        return {name: value for name, value in found.items() if name != "ok" and isinstance(value, int)}

    def forget_connections(self) -> None:
        self._ask("forget-connections")

    def log_ins(self) -> int:
        """How often somebody tried to log in since the start of the double, refused or not."""
        return int(str(self._ask("log-ins")["count"]))

    def forget_statements(self) -> None:
        self._ask("forget-statements")

    def _lines(self, entries: Iterable[JournalEntry], ends: dict[int, int], sizes: Counter[int]) -> Iterator[str]:
        known: dict[tuple[str, str], int] = {}
        for entry in entries:
            place = entry[0], entry[1]
            receiver = known.get(place)
            if receiver is None:
                receiver = known[place] = self._receiver(entry)
            ends[receiver] = max(ends.get(receiver, 0), entry[2])
            sizes[receiver] += HEADING_BYTES + len(entry[5])
            yield copy_line(receiver, entry)

    def _receiver(self, entry: JournalEntry) -> int:
        found = self._wire.query(
            "SELECT ord FROM dbl.receivers WHERE library = $1 AND name = $2", entry.receiver_library, entry.receiver
        )
        if not found:
            found = self._wire.query(
                "SELECT dbl.attach($1, $2, $3, $4)",
                entry.receiver_library,
                entry.receiver,
                entry.sequence,
                entry.timestamp.isoformat(),
            )
        return int(str(found[0][0]))

    def _mark(self, receiver: str, change: str) -> None:
        self._change(receiver, f"UPDATE dbl.receivers SET {change} WHERE name = $1 RETURNING ord")

    def _change(self, receiver: str, sql: str) -> None:
        if not self._wire.query(sql, receiver):
            raise Failed(f"there is no receiver {receiver}")

    def _set(self, column: str, value: str | int | None) -> None:
        self._wire.query(f"UPDATE dbl.partition SET {column} = $1", value)

    def _ask(self, what: str, number: float | None = None) -> dict[str, object]:
        with (
            socket.create_connection(("127.0.0.1", self._control_port), timeout=10) as link,
            link.makefile("rwb") as file,
        ):
            file.write(json.dumps({"do": what, "number": number}).encode() + b"\n")
            file.flush()
            answer: dict[str, object] = json.loads(file.readline())
        if not answer["ok"]:
            raise Failed(f"the proxy did not {what}: {answer['why']}")
        return answer


def _local(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _next_name(receiver: str) -> str:
    """AUDRCV0009 → AUDRCV0010, as JRNRCV(*GEN) counts."""
    if not (digits := re.search(r"\d+$", receiver)):
        raise Failed(f"the name {receiver} does not end in digits: name the next receiver yourself")
    return receiver[: digits.start()] + str(int(digits[0]) + 1).zfill(len(digits[0]))
