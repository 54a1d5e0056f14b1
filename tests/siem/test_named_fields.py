"""The readers of queries see a misspelt field wherever it stands."""

import pytest

from tests.siem.named_fields import in_esql, in_lucene, in_spl


@pytest.mark.parametrize(
    "query",
    [
        "wrong:1 AND event.kind:alert",
        "event.kind:alert AND NOT (wrong:(a OR b))",
        "_exists_:wrong",
        'wrong : "a" and event.kind : "b"',
    ],
)
def test_in_lucene_and_kql(query: str) -> None:
    assert in_lucene(query) - {"event.kind"} == {"wrong"}


@pytest.mark.parametrize(
    "query",
    [
        'FROM logs-* | WHERE wrong == "a"',
        'FROM logs-* | EVAL x = REPLACE(wrong, "b", "c") | WHERE x == "d"',
        "FROM logs-* | STATS n = COUNT(*) BY event.kind, wrong",
        "FROM logs-* | STATS n = MAX(CASE(wrong, event.kind, NULL))",
    ],
)
def test_in_esql(query: str) -> None:
    assert in_esql(query) - {"event.kind"} == {"wrong"}


@pytest.mark.parametrize(
    "query",
    [
        "index=ibmi wrong=1",
        "`ibmi_index` wrong IN (a, b) | stats count by dvc",
        "`ibmi_index` dvc=a | stats latest(wrong) as right by dvc",
        "`ibmi_index` dvc=a | stats count by dvc, wrong",
        '`ibmi_index` | eval x=if(wrong="a", 1, 0) | table dvc, x',
        "`ibmi_index` | search NOT wrong=a | dedup dvc",
        "`ibmi_index` | sort - wrong | head 5",
    ],
)
def test_in_spl(query: str) -> None:
    assert in_spl(query) - {"dvc", "index"} == {"wrong"}
