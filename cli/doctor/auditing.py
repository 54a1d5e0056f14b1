"""What is audited: the system values that decide what the journal tells at all."""

from collections.abc import Iterator
from dataclasses import dataclass

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, Refusal, State
from cli.doctor.lists import NOTHING, SECOND, Words, adding, in_force
from enricher.policy import Mode

CONTROL = "*AUDLVL"
WITHOUT = {
    "*NETSCK": "Without it no connection but Telnet is written: whatever connects in clear text is not seen.",
    "*NETTELSVR": "*NETSCK does not cover Telnet: without this value no 5250 session is written.",
    "*NETSECURE": "Without it nothing of TLS is written: what the port does not tell is `unknown` (tls-not-audited).",
    "*NETUDP": "Without it UDP is not seen (SNMP, TFTP, DNS). It writes one entry for each flow in twelve hours.",
}
SV_LEVELS = ("*SECURITY", "*SECCFG")


def auditing(facts: Facts, profile: str, mode: Mode) -> Iterator[Finding]:
    values = facts.values
    if isinstance(values, Refusal) or values.get("QAUDCTL") is None or values.get("QAUDLVL") is None:
        yield _not_visible(values, profile)
        return
    yield Finding("audit-values", State.OK, "the audit values can be read", _VISIBLE)
    control, first, second = values["QAUDCTL"] or (), values["QAUDLVL"] or (), values.get("QAUDLVL2") or ()
    lists = Lists(first, second, mode)
    yield _control(control)
    yield _second_list(lists)
    yield from _levels(lists)
    yield _netcmn(lists)
    yield _changes(lists)


@dataclass(frozen=True, slots=True)
class Lists:
    """QAUDLVL and QAUDLVL2, and what mends all that is wrong with them: a command sets a list as a whole, so that a
    command for each value would take the one before it back."""

    first: Words
    second: Words
    mode: Mode

    @property
    def present(self) -> frozenset[str]:
        return in_force(self.first, self.second)

    @property
    def idle(self) -> list[str]:
        """What stands in the second list without being in force."""
        return [] if SECOND in self.first else [word for word in self.second if word not in (*self.first, NOTHING)]

    def mend(self, *more: str) -> tuple[str, ...]:
        needed = [
            level for level in WITHOUT if level not in self.present and _severity(level, self.mode) is not State.NOTE
        ]
        changes = [] if set(SV_LEVELS) & self.present else [SV_LEVELS[-1]]
        return adding(self.first, self.second, [*self.idle, *needed, *changes, *more])


_VISIBLE = "Records then say which levels were in force, and an alert comes when one is missing."


def _not_visible(values: object, profile: str) -> Finding:
    why = f" ({values})" if isinstance(values, Refusal) else ""
    return Finding(
        "audit-values",
        State.WARN,
        f"this profile may not see what is audited (QAUDCTL, QAUDLVL, QAUDLVL2){why}",
        f"{_VISIBLE} Without special authority *AUDIT the levels stay unknown until the journal shows a change.",
        (f"CHGUSRPRF USRPRF({profile}) SPCAUT(*AUDIT)  /* with the special authorities that it has */",),
    )


def _control(control: Words) -> Finding:
    why = "QAUDCTL switches auditing on: without *AUDLVL none of the levels below writes anything."
    if CONTROL in control:
        return Finding("auditing-on", State.OK, f"QAUDCTL is {' '.join(control)}", why)
    words = " ".join([*(word for word in control if word != NOTHING), CONTROL])
    command = f"CHGSYSVAL SYSVAL(QAUDCTL) VALUE('{words}')"
    return Finding("auditing-on", State.FAIL, f"QAUDCTL is {' '.join(control) or NOTHING}", why, (command,))


def _second_list(lists: Lists) -> Finding:
    why = f"QAUDLVL2 counts only where QAUDLVL names {SECOND}; QAUDLVL holds 16 values at most."
    if lists.idle:
        what = f"QAUDLVL2 holds {' '.join(lists.idle)}, which is not in force"
        return Finding("second-list", State.WARN, what, why, lists.mend())
    what = f"QAUDLVL2 counts: {' '.join(lists.second)}" if SECOND in lists.first else "QAUDLVL2 is not needed"
    return Finding("second-list", State.OK, what, why)


def _levels(lists: Lists) -> Iterator[Finding]:
    for level, why in WITHOUT.items():
        check = level.removeprefix("*").lower()
        if level in lists.present:
            yield Finding(check, State.OK, f"{level} is in force", why)
        else:
            yield Finding(check, _severity(level, lists.mode), f"{level} is not in force", why, lists.mend(level))


def _severity(level: str, mode: Mode) -> State:
    """Of its absence."""
    is_wanted = level != "*NETUDP" and (level != "*NETSECURE" or mode is Mode.EVIDENCE)
    return State.FAIL if is_wanted else State.NOTE


def _netcmn(lists: Lists) -> Finding:
    why = "*NETCMN included *NETSCK up to IBM i 7.2. From 7.3 on it writes neither accepts nor connects."
    if "*NETCMN" in lists.present and "*NETSCK" not in lists.present:
        what = "*NETCMN is in force and *NETSCK is not: it looks as if connections were audited"
        return Finding("netcmn", State.FAIL, what, why, lists.mend())
    return Finding("netcmn", State.OK, "nobody relies on *NETCMN", why)


def _changes(lists: Lists) -> Finding:
    why = "Changes of these values, of clock and zone are written as SV entries: without them they are noticed late."
    found = [word for word in SV_LEVELS if word in lists.present]
    if found:
        return Finding("sv-entries", State.OK, f"SV entries are written ({' '.join(found)})", why)
    what = "no SV entries are written: neither *SECURITY nor *SECCFG is in force"
    return Finding("sv-entries", State.WARN, what, why, lists.mend())
