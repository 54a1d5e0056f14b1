"""What has to be in the cluster before the first document: the template of our data streams."""

from elasticsearch import Elasticsearch

from sinks.elastic.client import connect, translated
from sinks.elastic.settings import ElasticSettings
from sinks.elastic.streams import PATTERN

NAME = "logs-ibmi"
CUSTOM = f"{NAME}@custom"
STOCK = ("logs@mappings", "logs@settings", "ecs@mappings")
PRIORITY = 250  # above the stock template `logs`, which has 100
KEYWORD = {"type": "keyword", "ignore_above": 1024}
IP = {"properties": {"ip": {"type": "ip"}, "port": {"type": "long"}}}
MAPPINGS = {
    "dynamic_templates": [{"strings": {"match_mapping_type": "string", "mapping": KEYWORD}}],
    "date_detection": False,
    "properties": {
        "@timestamp": {"type": "date"},
        "source": IP,
        "destination": IP,
        "related": {"properties": {"ip": {"type": "ip"}}},
        "event": {
            "properties": {
                "ingested": {"type": "date"},
                "sequence": {"type": "long"},
                "severity": {"type": "long"},
                "risk_score": {"type": "float"},
            }
        },
        "message": {"type": "match_only_text"},
        "ibmi": {
            "properties": {
                "status": {
                    "properties": {
                        "progress": {"type": "date"},
                        "lag_entries": {"type": "long"},
                        "lag_seconds": {"type": "float"},
                    }
                }
            }
        },
    },
}


def install(settings: ElasticSettings) -> str:
    """Put the template for `logs-ibmi.*-*` there, or renew it; one sentence on it. Raises Unavailable, ConfigError.

    It stands on the stock components of Elasticsearch where the cluster has them, and a component template named
    `logs-ibmi@custom`, where there is one, has the last word.
    """
    with connect(settings) as client, translated(settings):
        client.indices.put_index_template(
            name=NAME,
            index_patterns=[PATTERN],
            priority=PRIORITY,
            data_stream={},
            composed_of=[*STOCK, CUSTOM],
            ignore_missing_component_templates=[*STOCK, CUSTOM],
            template={"mappings": MAPPINGS},
        )
    return f"template {NAME} for the data streams {PATTERN}"


def is_covered(client: Elasticsearch, stream: str) -> bool:
    """Whether a template would create the data stream `stream`, or it is there already."""
    found = client.indices.resolve_index(name=stream, expand_wildcards="all", ignore_unavailable=True)
    if found["data_streams"]:
        return True
    simulated = client.indices.simulate_index_template(name=stream)
    return "template" in simulated.body
