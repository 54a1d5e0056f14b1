"""Everything that is asked of a partition, asked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cli.doctor.finding import Refusal, asked
from cli.settings import Settings
from producer.netstat import Socket
from producer.odbc import Odbc
from producer.odbc_errors import NotAuthorised
from producer.receivers import Chain, Receiver
from producer.sample import Sample, take_sample
from producer.survey import Environment, Filling, JournalAttributes, PartitionClock, ScheduledJobs, Survey

TOUCHED = 10
"""So many of the newest receivers are tried, and the oldest."""

Values = Mapping[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """Each is the answer to a question of `producer.survey.Survey`, or why there is none.

    `refused` are the receivers that this profile may not read, of those that were tried.
    """

    environment: Environment | Refusal
    db2_level: int | Refusal | None
    clock: PartitionClock | Refusal
    values: Values | Refusal
    journal: JournalAttributes | Refusal
    chain: Chain | Refusal
    filling: Filling | Refusal
    refused: Sequence[Receiver] | Refusal
    sample: Sample | Refusal
    sockets: Sequence[Socket] | Refusal
    scheduled: ScheduledJobs | Refusal
    has_audit_journal_sk: bool | Refusal


def gather(odbc: Odbc, settings: Settings) -> Facts:
    """Asks; what one answer depends on is its own refusal."""
    survey = Survey(odbc, settings.ibmi, settings.producer)
    environment, chain = asked(survey.environment), asked(survey.receivers)
    group = environment.ptf_group if isinstance(environment, Environment) else None
    return Facts(
        environment=environment,
        db2_level=asked(lambda: survey.db2_level(group)) if group else None,
        clock=asked(survey.clock),
        values=asked(survey.system_values),
        journal=asked(survey.journal),
        chain=chain,
        filling=asked(survey.filling),
        refused=chain if isinstance(chain, Refusal) else asked(lambda: _refused(survey, chain)),
        sample=chain if isinstance(chain, Refusal) else asked(lambda: take_sample(odbc, settings.producer, chain)),
        sockets=asked(survey.sockets),
        scheduled=asked(survey.scheduled_jobs),
        has_audit_journal_sk=asked(survey.has_audit_journal_sk),
    )


def _refused(survey: Survey, chain: Chain) -> Sequence[Receiver]:
    newest = list(islice(reversed(chain.receivers), TOUCHED))
    tried = [*newest, *(one for one in chain.receivers[:1] if one not in newest)]
    return [one for one in tried if not one.freed and _is_refused(survey, chain, one)]


def _is_refused(survey: Survey, chain: Chain, receiver: Receiver) -> bool:
    """What else is wrong with a receiver is the producer's to tell."""
    answer = asked(lambda: survey.touch(chain, receiver))
    return isinstance(answer, Refusal) and isinstance(answer.error, NotAuthorised)
