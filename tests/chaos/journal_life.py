"""The life of a journal, by the dice: what was written, and what was destroyed before anybody could read it."""

import random
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dev.ibmi import Control, JournalEntry
from schemas.ids import entry_id
from schemas.records import Gap, JournalPlace

START = datetime(2026, 1, 1)
BETWEEN_ENTRIES = timedelta(milliseconds=3)
BETWEEN_RECEIVERS = timedelta(hours=20, seconds=77)
LIBRARY, FIRST = "QGPL", "AUDRCV0001"
TELNET = bytes.fromhex("C1F1F04BF14BF14BF540404040404040F2F3404040F1F04BF94BF84BF740404040404040F5F0F1F2F300000003")
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Generation:
    """One receiver; its name can have been that of another one. Its entries are those from `begin` on."""

    name: str
    begin: int
    gone: bool = False


class JournalLife:
    """Writes and destroys. Entries have an order over the whole life, whatever their numbers are."""

    def __init__(self, control: Control, system: str, seed: int) -> None:
        self.generations = [Generation(FIRST, 0)]
        self._control = control
        self._system = system
        self._dice = random.Random(seed)
        self._now = START
        self._sequences, self._times = array("Q"), array("Q")
        self._pass(timedelta())

    @property
    def written(self) -> int:
        return len(self._sequences)

    @property
    def last(self) -> tuple[str, int]:
        """The journal's last entry."""
        attached = self._control.attached()
        return attached.receiver, attached.last_sequence

    @property
    def damages(self) -> dict[str, Callable[[], None]]:
        return {
            "rotate": self.rotate,
            "rotate several times": self._rotate_several,
            "reset the sequence": lambda: self.rotate(reset=True),
            "prune": lambda: self._destroy(self._control.delete_receiver, oldest=True),
            "delete one": lambda: self._destroy(self._control.delete_receiver),
            "delete one, then reset": self._delete_before_a_reset,
            "free one": lambda: self._destroy(self._control.free_receiver),
            "damage one": lambda: self._destroy(self._control.damage_receiver),
            "create anew": self._create_anew,
            "list it late": self._list_late,
            "cut the link": self._control.drop_connections,
            "cut it in a page": lambda: self._control.drop_after(self._dice.randint(1, 300)),
        }

    def write(self, count: int) -> None:
        """Entries with numbers left out here and there, all at this moment."""
        generation = self.generations[-1]
        sequence = self._sequences[-1] if self.written > generation.begin else 0
        if not generation.gone:
            sequence = max(sequence, self._control.attached().last_sequence)
        entries = []
        for _ in range(count):
            sequence += self._dice.choice([1, 1, 1, 2, 9])
            self._now += BETWEEN_ENTRIES
            entries.append(JournalEntry(LIBRARY, generation.name, sequence, self._now, "SK", TELNET))
            self._sequences.append(sequence)
            self._times.append((self._now - START) // MICROSECOND)
        self._control.append(entries)
        self._pass(BETWEEN_ENTRIES)

    def rotate(self, *, reset: bool = False) -> None:
        self._pass(BETWEEN_RECEIVERS)
        name = self._control.rotate(reset_sequence=reset, at=self._now)
        self.generations.append(Generation(name, self.written))

    def order_of(self, found: str) -> int:
        """The order of the entry with this id; no two are of one time. Fails where none is."""
        order = bisect_left(self._times, _microseconds(found[:21]))
        name = self.generations[bisect_right(self.generations, order, key=lambda one: one.begin) - 1].name
        written = entry_id(START + self._times[order] * MICROSECOND, self._system, name, self._sequences[order])
        assert found == written, f"{found} was never written"
        return order

    def readable(self) -> Iterator[range]:
        """The orders of what nobody has destroyed."""
        return (self._orders_in(number) for number, one in enumerate(self.generations) if not one.gone)

    def read_until(self, receiver: str, sequence: int) -> float:
        """The order up to which a reader at this place has come, in the newest receiver of that name."""
        return max(self._orders_of(receiver, sequence), default=-1.0)

    def spans(self, gap: Gap) -> Iterator[tuple[float, float]]:
        """Between which orders the entries lie that a gap announces; a name can mean several receivers."""
        ends = self._orders_at(gap.until, -1) or [float(self.written)]
        for start in self._orders_at(gap.after, 0) or [-1.0]:
            yield start, min((end for end in ends if end > start), default=start)

    def _orders_at(self, place: JournalPlace | None, apart: int) -> list[float]:
        return [] if place is None else self._orders_of(place.receiver, int(place.sequence) + apart)

    def _orders_of(self, receiver: str, sequence: int) -> list[float]:
        """Between the entries of the whole journal: behind those of each receiver of that name up to `sequence`."""
        spans = [self._orders_in(number) for number, one in enumerate(self.generations) if one.name == receiver]
        return [bisect_right(self._sequences, sequence, span.start, span.stop) - 0.5 for span in spans]

    def _orders_in(self, number: int) -> range:
        later = self.generations[number + 1 : number + 2]
        return range(self.generations[number].begin, later[0].begin if later else self.written)

    def _rotate_several(self) -> None:
        for _ in range(3):
            self.rotate()
            self.write(self._dice.randint(1, 20))

    def _destroy(self, how: Callable[[str], None], *, oldest: bool = False) -> None:
        """A detached receiver, if there is one; at times one that was not read yet."""
        left = [one for one in self.generations[:-1] if not one.gone]
        if not left:
            return
        chosen = left[0] if oldest else self._dice.choice(left[-2:])
        chosen.gone = True
        how(chosen.name)

    def _delete_before_a_reset(self) -> None:
        """The numbers of what follows do not show that anything stood there."""
        self.rotate()
        self.write(self._dice.randint(1, 50))
        deleted = self.generations[-1]
        self.rotate(reset=True)
        deleted.gone = True
        self._control.delete_receiver(deleted.name)

    def _create_anew(self) -> None:
        self._control.delete_journal()
        for one in self.generations:
            one.gone = True
        self.generations.append(Generation(FIRST, self.written))
        self._pass(BETWEEN_RECEIVERS)
        self._control.append([JournalEntry(LIBRARY, FIRST, 1, self._now, "PR", b"")])

    def _pass(self, time: timedelta) -> None:
        """The partition's clock goes on."""
        self._now += time
        self._control.set_clock(self._now)

    def _list_late(self) -> None:
        self.rotate()
        name = self.generations[-1].name
        self._control.hide_receiver(name)
        self.write(self._dice.randint(1, 50))
        self._control.show_receiver(name)


def _microseconds(stamp: str) -> int:
    """From START to a time such as 20261122T021500123456."""
    day, clock = datetime(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8])), int(stamp[9:])
    seconds = clock // 10**10 * 3600 + clock // 10**8 % 100 * 60 + clock // 10**6 % 100
    return (day - START) // MICROSECOND + seconds * 10**6 + clock % 10**6
