"""What one run of a program took, and what the rounds of a benchmark come to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run, from its first batch to its last checkpoint. `cpu_seconds` are those of the process, all threads;
    `notes` is what else the program saw.
    """

    entries: int
    batches: int
    seconds: float
    cpu_seconds: float
    peak_rss_mib: float
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def entries_per_second(self) -> float:
        return self.entries / self.seconds

    @property
    def cpu_us_per_entry(self) -> float:
        return self.cpu_seconds / self.entries * 1e6


@dataclass(frozen=True, slots=True)
class Added:
    """What only one benchmark measures: named figures, and the same in words."""

    figures: Mapping[str, object] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The rounds of one benchmark: the service's own and the bare program's, and how many entries waited for it."""

    name: str
    waiting: int
    service: Sequence[Measurement]
    bare: Sequence[Measurement]
    added: Added = Added()

    @property
    def entries_per_second(self) -> float:
        return median(run.entries_per_second for run in self.service)

    @property
    def ceiling_entries_per_second(self) -> float:
        return median(run.entries_per_second for run in self.bare)

    @property
    def share(self) -> float:
        """How much of the ceiling the service reaches; 1 is all of it."""
        return self.entries_per_second / self.ceiling_entries_per_second

    @property
    def cpu_us_per_entry(self) -> float:
        return median(run.cpu_us_per_entry for run in self.service)

    @property
    def ceiling_cpu_us_per_entry(self) -> float:
        return median(run.cpu_us_per_entry for run in self.bare)

    @property
    def peak_rss_mib(self) -> float:
        """The highest of all rounds: a peak is no matter of luck."""
        return max(run.peak_rss_mib for run in self.service)

    def note(self, name: str) -> float:
        """The median of what the rounds noted."""
        return median(run.notes[name] for run in self.service)

    @property
    def batches(self) -> int:
        return round(median(run.batches for run in self.service))

    def document(self) -> dict[str, object]:
        """What `--json` prints of it."""
        return {
            "benchmark": self.name,
            "entries_per_second": round(self.entries_per_second, 1),
            "ceiling_entries_per_second": round(self.ceiling_entries_per_second, 1),
            "share": round(self.share, 3),
            "cpu_us_per_entry": round(self.cpu_us_per_entry, 2),
            "ceiling_cpu_us_per_entry": round(self.ceiling_cpu_us_per_entry, 2),
            "peak_rss_mib": round(self.peak_rss_mib, 1),
            "entries": self.service[0].entries,
            "waiting": self.waiting,
            "batches": self.batches,
            "rounds": len(self.service),
            **self.added.figures,
        }


def together(runs: Sequence[Measurement], seconds: float) -> Measurement:
    """Several services that worked on the same entries at the same time, for `seconds` in all."""
    return Measurement(
        entries=min(run.entries for run in runs),
        batches=max(run.batches for run in runs),
        seconds=seconds,
        cpu_seconds=sum(run.cpu_seconds for run in runs),
        peak_rss_mib=max(run.peak_rss_mib for run in runs),
        notes={name: value for run in runs for name, value in run.notes.items()},
    )
