"""A setting's value as text, as one would write it into the environment."""

from datetime import datetime

from pydantic import SecretStr

HIDDEN = "******"


def text_of(value: object) -> str:
    """Empty where nothing is set; a secret never shows."""
    match value:
        case None:
            return ""
        case SecretStr():
            return HIDDEN
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return ",".join(text_of(part) for part in value)
        case _:
            return str(value)
