"""The journal and its receivers: whether they are there, may be read, and live long enough to be read."""

from collections.abc import Iterator
from datetime import timedelta

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, Refusal, State
from producer.odbc_errors import NotAuthorised
from producer.receivers import Chain
from producer.settings import ProducerSettings
from producer.survey import Filling, JournalAttributes

MOST_RECEIVERS, MANY_RECEIVERS = 2045, 1800
MOST_OF_CPYAUDJRNE = 256
LEAST_RETENTION = timedelta(days=1)
OVERFULL = 1.05


def journal(facts: Facts, profile: str, settings: ProducerSettings) -> Iterator[Finding]:
    name = f"{settings.journal_library}/{settings.journal_name}"
    yield _attached(facts, name)
    yield _journal_authority(facts, profile, name)
    yield _receivers_authority(facts, profile)
    if isinstance(facts.chain, Refusal):
        return
    yield receiver_count(facts.chain, settings)
    yield _size(facts.filling, name)
    yield _deletion(facts.journal, name)
    yield _retention(facts.chain)


def _attached(facts: Facts, name: str) -> Finding:
    why = "What is audited is written into the attached receiver; without one nothing is written."
    commands = (f"CHGJRN JRN({name}) JRNRCV(*GEN)", "CHGSECAUD QAUDCTL(*AUDLVL)  /* where there is no journal yet */")
    if isinstance(facts.journal, Refusal):
        return Finding("journal-attached", State.UNKNOWN, f"{name} could not be looked at: {facts.journal}", why)
    if facts.journal.attached is None:
        what = f"no attached receiver of {name} can be seen: it has none, or this profile lacks authority"
        return Finding("journal-attached", State.FAIL, what, why, commands)
    return Finding("journal-attached", State.OK, f"{name} writes into {'/'.join(facts.journal.attached)}", why)


def _journal_authority(facts: Facts, profile: str, name: str) -> Finding:
    why = "QSYS2.DISPLAY_JOURNAL needs *USE and, because no object is named, *OBJEXIST on the journal."
    command = f"GRTOBJAUT OBJ({name}) OBJTYPE(*JRN) USER({profile}) AUT(*USE *OBJEXIST)"
    if isinstance(facts.chain, Refusal):
        return Finding("journal-authority", State.FAIL, f"{facts.chain}", why, (command,))
    if isinstance(facts.sample, Refusal) and isinstance(facts.sample.error, NotAuthorised) and not facts.refused:
        return Finding(
            "journal-authority", State.FAIL, f"the journal refuses to be read: {facts.sample}", why, (command,)
        )
    return Finding("journal-authority", State.OK, f"this profile may read {name}", why)


def _receivers_authority(facts: Facts, profile: str) -> Finding:
    why = "A receiver that may not be read halts the producer; receivers are created anew all the time."
    if isinstance(facts.refused, Refusal) or isinstance(facts.chain, Refusal):
        return Finding("receivers-authority", State.UNKNOWN, "no receiver could be tried", why)
    if not facts.refused:
        return Finding("receivers-authority", State.OK, "the newest receivers and the oldest may be read", why)
    names = ", ".join(f"{one.library}/{one.name}" for one in facts.refused)
    libraries = dict.fromkeys(one.library for one in facts.refused)
    grants = (f"GRTOBJAUT OBJ({one}/*ALL) OBJTYPE(*JRNRCV) USER({profile}) AUT(*USE)" for one in libraries)
    what = f"this profile may not read {names}; secure them by an authorization list, so that it holds for new ones"
    return Finding("receivers-authority", State.FAIL, what, why, tuple(grants))


def receiver_count(chain: Chain, settings: ProducerSettings) -> Finding:
    count = len(chain.receivers)
    why = f"Commands and services of IBM i refuse a range of more than {MOST_RECEIVERS:,} receivers (CPF7053)."
    oldest = chain.receivers[0]
    command = f"DLTJRNRCV JRNRCV({oldest.library}/{oldest.name})  /* and those after it, once saved and read */"
    if settings.reader == "cpyaudjrne" and count > MOST_OF_CPYAUDJRNE:
        what = f"{count:,} receivers; the command CPYAUDJRNE takes {MOST_OF_CPYAUDJRNE} at most"
        return Finding("receiver-count", State.WARN, what, why, (command,))
    state = State.FAIL if count >= MOST_RECEIVERS else State.WARN if count >= MANY_RECEIVERS else State.OK
    return Finding(
        "receiver-count",
        state,
        f"{count:,} receiver{'' if count == 1 else 's'}",
        why,
        () if state is State.OK else (command,),
    )


def _size(filling: Filling | Refusal, name: str) -> Finding:
    why = "A receiver that is never changed grows without end, cannot be saved and deleted, and takes long to search."
    if isinstance(filling, Refusal) or filling.size is None:
        return Finding("receiver-size", State.UNKNOWN, "the size of the attached receiver cannot be seen", why)
    size = f"the attached receiver has {filling.size / 1024:,.0f} MB"
    if filling.threshold is None:
        create = "CRTJRNRCV JRNRCV(AUDLIB/AUDRCV0001) THRESHOLD(100000) AUT(*EXCLUDE)"
        return Finding(
            "receiver-size",
            State.WARN,
            f"{size} and no threshold",
            why,
            (create, f"CHGJRN JRN({name}) JRNRCV(AUDLIB/AUDRCV0001)"),
        )
    what = f"{size} of {filling.threshold / 1024:,.0f} MB (its threshold)"
    if filling.size > OVERFULL * filling.threshold:
        commands = (f"CHGJRN JRN({name}) JRNRCV(*GEN)", f"CHGJRN JRN({name}) MNGRCV(*SYSTEM)  /* for good */")
        return Finding("receiver-size", State.WARN, what, why, commands)
    return Finding("receiver-size", State.OK, what, why)


def _deletion(attributes: JournalAttributes | Refusal, name: str) -> Finding:
    why = "What is deleted before it is read is a gap: the longest outage must be shorter than receivers live."
    if isinstance(attributes, Refusal):
        return Finding("receiver-deletion", State.UNKNOWN, "what deletes receivers cannot be seen", why)
    if attributes.deleted_by_system:
        minutes = attributes.delay.total_seconds() / 60
        what = f"the system deletes a receiver about {minutes:.0f} minutes after it was detached (DLTRCV(*YES))"
        return Finding("receiver-deletion", State.WARN, what, why, (f"CHGJRN JRN({name}) DLTRCV(*NO)",))
    return Finding("receiver-deletion", State.OK, "the system deletes no receivers by itself", why)


def _retention(chain: Chain) -> Finding:
    why = "That is how long the producer can be down without a loss, and how far back a first run can read."
    age = chain.read_at - chain.receivers[0].attached_at
    what = f"the oldest receiver was attached {_span(age)} ago"
    if chain.receivers[0].first <= 1:
        return Finding("retention", State.OK, f"{what}, and none has been deleted before it", why)
    if age < LEAST_RETENTION:
        command = (
            "keep receivers for longer: look for DLTJRNRCV in your scheduled jobs (WRKJOBSCDE) and clean-up programs"
        )
        return Finding("retention", State.WARN, what, why, (command,))
    return Finding("retention", State.OK, what, why)


def _span(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"
