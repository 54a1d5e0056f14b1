"""A real Elasticsearch server behind a small HTTP module of ours, for development and tests."""

from dev.elasticsearch.server import Elasticsearch

__all__ = ["Elasticsearch"]
