"""Secrets that become part of an HTTP header: the line break at the end of a mounted file is taken off."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr


def _checked(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not text:
        raise ValueError("it is empty")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it holds a blank, a line break or a character that no token has: was it copied whole?")
    return SecretStr(text)


Secret = Annotated[SecretStr, AfterValidator(_checked)]
