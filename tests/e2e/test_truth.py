"""Evidence mode through separate processes: what reached the files, beside what really happened on the wire."""

from datetime import datetime
from pathlib import Path

from enricher.catalogue import load_catalogue
from enricher.policy_file import load_policy
from schemas.codec import decode_as
from schemas.records import Alert, AlertKind, Verdict
from tests.e2e.small import Small
from tests.processes import wait_until
from tests.truth import BUSY_HOURS, SYSTEM, Confusion, beside, last_verdicts, rows_of

HALF_AN_HOUR = BUSY_HOURS.model_copy(update={"seed": 2, "start": datetime(2026, 11, 2, 12, 25), "days": 0.03})
"""With the ten minutes in it in which TLS is not audited."""
MORE_THAN_THERE_ARE = 1_000_000
TRUTHS = {"encrypted", "weakly encrypted", "clear text", "never left", "no data"}


def test_what_reaches_the_files_is_what_happened(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    policy = load_policy(Path("default"), catalogue)
    rows = rows_of(HALF_AN_HOUR)

    verdicts, alerts = delivered(tmp_path)

    found = Confusion()
    for connection in beside(rows, last_verdicts(verdicts), policy):
        found.add(connection, catalogue)
    assert found.lies == []
    assert found.connections > 1000
    assert {truth for truth, _ in found.counts} == {
        "encrypted",
        "weakly encrypted",
        "clear text",
        "never left",
        "no data",
    }
    assert found.counts["encrypted", "unknown tls-not-audited"] > 50
    assert found.counts["clear text", "insecure no-upgrade"] > 10
    raised = [alert.id for alert in alerts if alert.kind is AlertKind.VERDICT]
    assert sorted(raised) == sorted(one.id for one in verdicts if not one.supersedes and one.reason in policy.alerts)


def delivered(folder: Path) -> tuple[list[Verdict], list[Alert]]:
    """What three processes over one file make of the journal."""
    small = Small(folder, system=SYSTEM, entries=MORE_THAN_THERE_ARE)
    journal = {f"SK2SIEM_SIMULATOR__{name.upper()}": str(value) for name, value in HALF_AN_HOUR if value is not None}
    output = {"SK2SIEM_FILE__PATH": str(folder / "output"), "SK2SIEM_ENRICHER__POLICY": "default"}
    services = [
        small.service(name, **{**journal, **output, "SK2SIEM_PRODUCER__PAGE_SIZE": "500"})
        for name in ("producer", "enricher", "file")
    ]
    try:
        for service in services:
            service.start()
        producer, enricher, file = services
        assert producer.wait(60) == 0, producer.log_text()
        wait_until("every entry is judged", lambda: small.behind("enricher") == 0, 60)
        wait_until("every verdict is in the files", lambda: small.behind("file") == 0, 60)
        assert [enricher.stop(), file.stop()] == [0, 0]
    finally:
        small.discard()
    lines = {kind: (folder / "output" / f"{kind}.ndjson").read_bytes().splitlines() for kind in ("verdicts", "alerts")}
    return (
        [decode_as(Verdict, line) for line in lines["verdicts"]],
        [decode_as(Alert, line) for line in lines["alerts"]],
    )
