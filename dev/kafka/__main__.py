"""`python -m dev.kafka run|start|stop|install`."""

import sys
from argparse import ArgumentParser, Namespace

from dev import command
from dev.kafka.server import PORT, Kafka


def build(options: Namespace) -> Kafka:
    return Kafka(options.port, options.data, settings=dict(options.settings))


def add_options(parser: ArgumentParser) -> None:
    command.add_settings(parser, "a property of the broker, such as message.max.bytes=2000000; may be repeated")


if __name__ == "__main__":
    sys.exit(command.main("kafka", build, port=PORT, add_options=add_options))
