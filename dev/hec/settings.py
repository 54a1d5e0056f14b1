"""What can be set on the double, at its start or while it runs, to make it behave like another Splunk."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from dev.hec.envelopes import DEFAULT_MAX_EVENT_BYTES


class BadInput(ValueError):
    """A test or a command line asked for what does not exist; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults are those of Splunk Enterprise 10.4.3, except that an acknowledgement need not be waited for."""

    cloud: bool = False  # the body cap of Splunk Cloud (code 6, number 0) and its code 28 in place of 10
    ack_delay_seconds: float = 0.0
    max_body_bytes: int = 838_860_800
    max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES
    clock_ahead_seconds: float = 0.0  # of what the header Date says

    def changed(self, changes: Mapping[str, object]) -> "Settings":
        """Raises BadInput that names the setting."""
        kinds = {setting.name: type(getattr(self, setting.name)) for setting in fields(self)}
        checked = {name: _checked(name, value, kinds) for name, value in changes.items()}
        return replace(self, **checked)  # type: ignore[arg-type]


def _checked(name: str, value: object, kinds: Mapping[str, type]) -> object:
    if name not in kinds:
        raise BadInput(f"unknown setting {name!r}; there are {', '.join(kinds)}")
    kind = kinds[name]
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise BadInput(f"setting {name!r} has to be {kind.__name__}")
    return value
