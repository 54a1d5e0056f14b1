"""The metrics: their names, their few labels, and the ages that they show."""

from prometheus_client import Metric

from runtime.metrics import PREFIX, Metrics
from tests.fakes.clock import FakeClock

LABELS = {"service", "reason", "type", "verdict", "sink", "code", "version", "outcome", "le"}


def _families(metrics: Metrics) -> list[Metric]:
    metrics.rejected("bad-value")
    metrics.entries("A", 3, 3210)
    metrics.verdicts("cleartext", "no-tls", 2)
    metrics.request("splunk", "200")
    return list(metrics.registry.collect())


def test_every_metric_has_the_prefix_the_service_and_no_label_that_could_hold_an_address() -> None:
    families = _families(Metrics("enricher"))

    samples = [sample for family in families for sample in family.samples]
    assert all(family.name.startswith(f"{PREFIX}_") for family in families)
    assert all(sample.labels["service"] == "enricher" for sample in samples)
    assert {label for sample in samples for label in sample.labels} <= LABELS


def test_counters_with_a_label_are_counted_apart() -> None:
    metrics = Metrics("enricher")

    metrics.rejected("bad-value")
    metrics.rejected("too-big", 4)

    assert metrics.value("items_rejected_total", reason="bad-value") == 1
    assert metrics.value("items_rejected_total", reason="too-big") == 4


def test_a_metric_without_a_value_is_zero() -> None:
    assert Metrics("enricher").value("items_rejected_total", reason="never seen") == 0


def test_the_age_of_the_checkpoint_grows_until_the_next_one() -> None:
    clock = FakeClock()
    metrics = Metrics("enricher", clock=clock)

    clock.advance(90.0)
    waiting = metrics.value("checkpoint_age_seconds")
    metrics.checkpointed()
    done = metrics.value("checkpoint_age_seconds")

    assert (waiting, done) == (90.0, 0.0)


def test_two_services_of_one_process_do_not_share_their_metrics() -> None:
    first, second = Metrics("enricher"), Metrics("splunk")

    first.items_received.inc()

    assert second.value("items_received_total") == 0


def test_the_system_is_a_label_of_every_metric_where_there_is_one() -> None:
    metrics = Metrics("producer", "1.0", system="PROD1")
    metrics.rejected("bad-port")
    metrics.entries("A", 2, 2140)

    samples = [sample for family in metrics.registry.collect() for sample in family.samples]

    assert {sample.labels["system"] for sample in samples} == {"PROD1"}
    assert metrics.value("entries_total", type="A") == 2
