"""The demo's last words: what a security team wants to know of these connections, and where the files are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.demo.picture import Picture
from cli.report.tally import remote_end
from cli.terminal import cell, table
from schemas.records import Direction, Network, Verdict, VerdictKind

MOST_SERVICES = 12
MOST_ADDRESSES = 10
UNLISTED = "(port not in the catalogue)"
MEANINGS = {
    "cleartext-port": "the port only speaks clear text",
    "no-upgrade": "the port can switch to TLS, and this connection did not",
    "weak-protocol": "TLS, but of a version that the policy does not allow",
    "weak-cipher": "TLS, but with a cipher that the policy does not allow",
    "not-in-secure-list": "the port is not on the policy's list of secure ports",
}
WHERE: dict[Network | None, str] = {Network.INTERNAL: "inside", Network.EXTERNAL: "outside"}
ORIGINS = ("from inside", "from outside", "by the system")


def report(picture: Picture, files: Iterable[Path], console: Console) -> None:
    """Print it all. Every figure is of connections: a corrected verdict counts once, as corrected."""
    verdicts = list(picture.connections.values())
    insecure = [verdict for verdict in verdicts if verdict.verdict is VerdictKind.INSECURE]
    console.print(_summary(picture, verdicts, len(insecure)), soft_wrap=True)
    console.print(_services(verdicts))
    if insecure:
        console.print(_reasons(insecure))
        console.print(_addresses(insecure))
    console.print(Text("Files", style="bold"))
    for file in files:
        console.print(Text(f"  {file}"), soft_wrap=True)


def _summary(picture: Picture, verdicts: Sequence[Verdict], insecure: int) -> Text:
    if not verdicts:
        return Text("No connection was seen.")
    first, last = min(one.time for one in verdicts), max(one.time for one in verdicts)
    remotes = len({remote_end(one).address for one in verdicts})
    return Text(
        f"{len(verdicts):,} connections of {verdicts[0].system} with {remotes:,} addresses between "
        f"{first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M} UTC: {insecure:,} insecure "
        f"({insecure / len(verdicts):.0%}), {picture.count(VerdictKind.UNKNOWN):,} unknown, "
        f"{picture.count(VerdictKind.SECURE):,} secure. {picture.alerts:,} alerts, "
        f"{picture.corrections:,} corrections, from {picture.entries:,} journal entries.\n",
        style="bold",
    )


def _services(verdicts: Sequence[Verdict]) -> Table:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.service or UNLISTED].append(verdict)
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    if len(rows) > MOST_SERVICES:
        rest = [verdict for _, group in rows[MOST_SERVICES:] for verdict in group]
        rows = [*rows[:MOST_SERVICES], (f"{len(rows) - MOST_SERVICES} others", rest)]
    made = table("Connections by service, and who opened them", "service", numbers=(*ORIGINS, "all", "insecure"))
    for name, group in rows:
        origins = Counter(_origin(verdict) for verdict in group)
        bad = sum(verdict.verdict is VerdictKind.INSECURE for verdict in group)
        counts = [*(origins[origin] for origin in ORIGINS), len(group), bad]
        made.add_row(cell(name), *(f"{count:,}" if count else "-" for count in counts))
    return made


def _origin(verdict: Verdict) -> str:
    if verdict.direction is Direction.OUTBOUND:
        return "by the system"
    return "from outside" if verdict.network is Network.EXTERNAL else "from inside"


def _reasons(insecure: Sequence[Verdict]) -> Table:
    made = table("Why insecure", "reason", "what it means", "severity", numbers=("connections",))
    for (reason, severity), count in Counter((one.reason, one.severity) for one in insecure).most_common():
        made.add_row(reason, MEANINGS.get(reason, ""), severity, f"{count:,}")
    return made


def _addresses(insecure: Sequence[Verdict]) -> Table:
    """The remote addresses with the most insecure connections, each with what to do about its commonest service."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in insecure:
        groups[remote_end(verdict).address or "unknown"].append(verdict)
    made = table(
        "Most insecure connections, by remote address", "address", "where", "what to do", numbers=("connections",)
    )
    for address, group in sorted(groups.items(), key=lambda row: (-len(row[1]), row[0]))[:MOST_ADDRESSES]:
        advice = Counter(verdict.advice for verdict in group if verdict.advice).most_common(1)
        name = next((name for verdict in group if (name := remote_end(verdict).name)), None)
        shown = f"{address} {name}" if name else address
        made.add_row(
            cell(shown), WHERE.get(group[0].network, ""), cell(advice[0][0] if advice else ""), f"{len(group):,}"
        )
    return made
