"""All samples in a real Elasticsearch, to be searched in Lucene's language."""

import re
from collections.abc import Callable

from elasticsearch import Elasticsearch as Client

Search = Callable[[str], set[str]]

# what is written differently in Lucene, as far as we use KQL
LUCENE = {" : ": ":", " and ": " AND ", " or ": " OR "}
EXISTS = re.compile(r'"([\w.@]+)": \*')


def searching(client: Client, index: str) -> Search:
    client.indices.refresh(index=index)

    def search(query: str) -> set[str]:
        found = client.search(index=index, query={"query_string": {"query": query}}, size=1000)
        return {hit["_id"] for hit in found["hits"]["hits"]}

    return search


def in_lucenes_words(kql: str) -> str:
    """A query of Kibana's, as Lucene writes it."""
    for ours, theirs in LUCENE.items():
        kql = kql.replace(ours, theirs)
    return EXISTS.sub(r"\1:*", kql)
