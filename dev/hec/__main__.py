"""`python -m dev.hec run|start|stop|install`."""

import json
import sys
from argparse import ArgumentParser, Namespace

from dev import command
from dev.hec.double import PORT, Hec
from dev.hec.settings import BadInput
from dev.part import Failed


def build(options: Namespace) -> Hec:
    try:
        return Hec(options.port, options.data, settings={name: _value(name, value) for name, value in options.settings})
    except BadInput as error:
        raise Failed(str(error)) from error


def add_options(parser: ArgumentParser) -> None:
    command.add_settings(
        parser, "a setting of the double, such as cloud=true or ack_delay_seconds=1.2; may be repeated"
    )


def _value(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise BadInput(f"setting {name!r} cannot be {text!r}: write true, false or a number") from None


if __name__ == "__main__":
    sys.exit(command.main("hec", build, port=PORT, add_options=add_options))
