"""Elasticsearch, through its bulk API into data streams."""
