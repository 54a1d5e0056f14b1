"""All samples in a real Elasticsearch, to be searched in Lucene's language."""

from collections.abc import Callable

from elasticsearch import Elasticsearch as Client

Search = Callable[[str], set[str]]


def searching(client: Client, index: str) -> Search:
    client.indices.refresh(index=index)

    def search(query: str) -> set[str]:
        found = client.search(index=index, query={"query_string": {"query": query}}, size=1000)
        return {hit["_id"] for hit in found["hits"]["hits"]}

    return search
