"""`python -m dev.elasticsearch run|start|stop|install`."""

import sys
from argparse import ArgumentParser, Namespace

from dev import command
from dev.elasticsearch.server import PORT, Elasticsearch


def build(options: Namespace) -> Elasticsearch:
    return Elasticsearch(options.port, options.data, heap=options.heap, settings=dict(options.settings))


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--heap", default="512m", help="the server's heap, such as 2g (default: %(default)s)")
    command.add_settings(parser, "a setting of the node, such as http.max_content_length=2mb; may be repeated")


if __name__ == "__main__":
    sys.exit(command.main("elasticsearch", build, port=PORT, add_options=add_options))
