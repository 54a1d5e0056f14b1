"""The life of a journal, by the dice: what was written, and what was destroyed before anybody could read it."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from dev.ibmi import Control, JournalEntry
from schemas.ids import entry_id
from schemas.records import Gap, JournalPlace

START = datetime(2026, 1, 1)
BETWEEN_ENTRIES = timedelta(milliseconds=3)
BETWEEN_RECEIVERS = timedelta(hours=20, seconds=77)
LIBRARY, FIRST = "QGPL", "AUDRCV0001"
TELNET = bytes.fromhex("C1F1F04BF14BF14BF540404040404040F2F3404040F1F04BF94BF84BF740404040404040F5F0F1F2F300000003")


@dataclass(slots=True)
class Generation:
    """One receiver from its first entry to its last; its name can have been that of another one."""

    name: str
    begin: int
    sequences: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    gone: bool = False
    was_reset: bool = False

    def order_at(self, sequence: int) -> float:
        """Between the entries of the whole journal: behind those of this receiver up to `sequence`."""
        return self.begin + bisect_right(self.sequences, sequence) - 0.5


class JournalLife:
    """Writes and destroys. Entries have an order over the whole life, whatever their numbers are."""

    def __init__(self, control: Control, system: str, seed: int) -> None:
        self.generations = [Generation(FIRST, 0)]
        self.written = 0
        self._control = control
        self._system = system
        self._dice = random.Random(seed)
        self._now = START
        self._pass(timedelta())

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
        sequence = generation.sequences[-1] if generation.sequences else 0
        if not generation.gone:
            sequence = max(sequence, self._control.attached().last_sequence)
        entries = []
        for _ in range(count):
            sequence += self._dice.choice([1, 1, 1, 2, 9])
            self._now += BETWEEN_ENTRIES
            at = self._now
            entries.append(JournalEntry(LIBRARY, generation.name, sequence, at, "SK", TELNET))
            generation.sequences.append(sequence)
            generation.ids.append(entry_id(at, self._system, generation.name, sequence))
        self._control.append(entries)
        self._pass(BETWEEN_ENTRIES)
        self.written += count

    def rotate(self, *, reset: bool = False) -> None:
        self._pass(BETWEEN_RECEIVERS)
        name = self._control.rotate(reset_sequence=reset, at=self._now)
        self.generations.append(Generation(name, self.written, was_reset=reset))

    def orders(self) -> dict[str, int]:
        """Each entry's id and its order."""
        return {found: order for order, found in enumerate(found for one in self.generations for found in one.ids)}

    def readable(self) -> Iterator[str]:
        """The ids of what nobody has destroyed."""
        return (found for generation in self.generations if not generation.gone for found in generation.ids)

    def covers(self, gap: Gap, order: int) -> bool:
        """Whether an entry lies in what a gap announces; a name can mean several receivers."""
        starts = self._orders_of(gap.after, 0) or [-1.0]
        ends = self._orders_of(gap.until, -1) or [float(self.written)]
        return any(start < order < min((end for end in ends if end > start), default=start) for start in starts)

    def _orders_of(self, place: JournalPlace | None, apart: int) -> list[float]:
        if place is None:
            return []
        return [one.order_at(int(place.sequence) + apart) for one in self.generations if one.name == place.receiver]

    def _rotate_several(self) -> None:
        for _ in range(3):
            self.rotate()
            self.write(self._dice.randint(1, 20))

    def _destroy(self, how: Callable[[str], None], *, oldest: bool = False) -> None:
        """A detached receiver, if there is one; at times one that was not read yet.

        Not one in front of a reset: numbers that begin with 1 do not tell what stood before them.
        """
        left = [one for one, next_one in pairwise(self.generations) if not (one.gone or next_one.was_reset)]
        if not left:
            return
        chosen = left[0] if oldest else self._dice.choice(left[-2:])
        chosen.gone = True
        how(chosen.name)

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
