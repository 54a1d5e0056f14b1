"""Each answer that HEC can give, over a real socket, in the middle of ten thousand events."""

import pytest

from dev.certificates import Certificates
from runtime.metrics import Metrics
from tests.integration.rows import assert_each_has_its_fate, run, way
from tests.integration.splunk_double import Double
from tests.integration.splunk_rows import ROWS


@pytest.mark.parametrize("name", ROWS)
def test_each_event_has_its_fate_and_the_operator_one_line(
    double: Double, certificates: Certificates, name: str
) -> None:
    row, metrics = ROWS[name], Metrics("splunk")
    with way(double.hec.port, certificates, over_tls=row.over_tls) as there:
        sink = double.sink(metrics, **there, **row.settings)

        ran = run(sink, metrics, lambda: double.fault(**row.fault))
        sink.close()

    assert_each_has_its_fate(ran, double.ids(), copies=row.copies)
    assert list(ran.reasons) == ([row.dead] if row.dead else [])
    assert ran.dead.total() == (1 if row.dead else 0)
    assert metrics.value("requests_total", sink="splunk", code=row.code) >= 1
    assert metrics.value("items_rejected_total", reason=row.dead or "") == (1 if row.dead else 0)
    assert len(ran.lines) == (1 if row.says else 0), ran.said()
    assert row.says in ran.said()
