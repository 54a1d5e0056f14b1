"""Which records a sink forwards: everything, alerts only, or what a filter lets through."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.reasons import REASONS
from schemas.records import Alert, Event, Network, Severity, Status, Verdict, VerdictKind
from sinks.sink import Forwarded

SEVERITIES = tuple(Severity)


def _known(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """One that no record has would forward nothing, without a word. Raises PydanticCustomError."""
    for place, reason in enumerate(reasons, 1):
        if reason not in REASONS:
            close = difflib.get_close_matches(reason.lower(), REASONS, n=1)
            hint = f"did you mean {close[0]}? They" if close else "they"
            said = {"place": place, "hint": hint, "reasons": ", ".join(REASONS)}
            raise PydanticCustomError("unknown_reason", "word {place} is no reason: {hint} are {reasons}", said)
    return reasons


def _folded(services: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(service.casefold() for service in services)


class Forward(BaseModel):
    """Which records are forwarded; what is not is counted. A list that is not set takes any.

    Status records and alerts of the pipeline itself (a gap, for example) always pass: who sees a part only must still
    learn that it is blind. A correction passes whatever its verdict and severity are: what it corrects may have passed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    what: Literal["all", "alerts"] = Field("all", description="Verdicts, events and alerts, or alerts alone")
    verdicts: tuple[VerdictKind, ...] = Field(
        (), description="Only these verdicts: `secure`, `insecure`, `unknown`, `failed`; events have none"
    )
    reasons: Annotated[tuple[str, ...], AfterValidator(_known)] = Field(
        (), description="Only these reasons of verdicts and events, for example `cleartext-port,no-upgrade`"
    )
    severity: Severity | None = Field(
        None, description="The least severity: `informational` (what events have), `low`, `medium`, `high`, `critical`"
    )
    networks: tuple[Network, ...] = Field(
        (), description="Only connections whose other end is there: `internal`, `external`"
    )
    services: Annotated[tuple[str, ...], AfterValidator(_folded)] = Field(
        (), description="Only these services, in capitals or not, for example `telnet,ftp`"
    )

    @property
    def alerts_only(self) -> bool:
        return self.what == "alerts"

    @property
    def takes_everything(self) -> bool:
        return self == EVERYTHING

    def takes(self, content: Forwarded) -> bool:
        match content:
            case Status():
                return True
            case Alert():
                return content.connection is None or self._takes_verdict(content.connection, content.severity)
            case Verdict():
                return not self.alerts_only and self._takes_verdict(content, content.severity)
            case Event():
                return not self.alerts_only and self._takes_event(content)

    def _takes_verdict(self, verdict: Verdict, severity: Severity) -> bool:
        if not (_among(verdict.network, self.networks) and self._is_of_service(verdict.service)):
            return False
        if verdict.supersedes is not None:
            return True
        return (
            _among(verdict.verdict, self.verdicts)
            and _among(verdict.reason, self.reasons)
            and self._is_severe(severity)
        )

    def _takes_event(self, event: Event) -> bool:
        return (
            not self.verdicts
            and not self.networks
            and self._is_of_service(event.service)
            and _among(event.reason, self.reasons)
            and self._is_severe(Severity.INFORMATIONAL)
        )

    def _is_of_service(self, service: str | None) -> bool:
        return not self.services or (service is not None and service.casefold() in self.services)

    def _is_severe(self, severity: Severity) -> bool:
        return self.severity is None or SEVERITIES.index(severity) >= SEVERITIES.index(self.severity)


def _among(value: str | None, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted


EVERYTHING = Forward()
