"""What every end-to-end test demands of the hops."""

from schemas.ids import first_id
from tests.e2e.pipeline import Pipeline, Written


def assert_nothing_lost(pipeline: Pipeline, written: Written, *, doubles_in_splunk: bool) -> None:
    """Every hop has what the one before it gave: on the broker and in Elasticsearch exactly once."""
    entries = pipeline.ids("sk.entries", "entry")
    settled = pipeline.ids("sk.verdicts", "verdict", "event")
    statuses = pipeline.ids("sk.verdicts", "status")
    alerts = pipeline.ids("sk.alerts", "alert")
    assert entries.keys() == written.ids
    assert {first_id(found) for found in settled} | pipeline.evidence() == written.ids
    assert all(found.endswith(".auditing") for found in alerts.keys() - settled.keys())
    assert alerts
    assert pipeline.broken().keys() == written.broken
    for hop in (entries, settled, statuses, alerts, pipeline.broken()):
        assert set(hop.values()) == {1}
    assert pipeline.other_dead_letters() == 0

    assert pipeline.in_elasticsearch("ibmi.connection") == settled + statuses
    assert pipeline.in_elasticsearch("ibmi.alert") == alerts

    in_splunk = pipeline.in_splunk()
    expected = {f"connection:{found}" for found in settled + statuses} | {f"alert:{found}" for found in alerts}
    assert in_splunk.keys() == expected
    assert doubles_in_splunk or set(in_splunk.values()) == {1}
