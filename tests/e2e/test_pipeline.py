"""Journal to SIEM through separate processes: the same set of ids at every hop."""

import pytest

from tests.e2e.assertions import assert_nothing_lost
from tests.e2e.pipeline import NAMES, Pipeline, write_journal
from tests.processes import wait_until

ENTRIES = 50_000


@pytest.mark.timeout(600)
def test_every_entry_reaches_both_siems_once(pipeline: Pipeline) -> None:
    written = write_journal(ENTRIES, seed=3)
    pipeline.write(written.entries)

    for name in NAMES:
        pipeline.services[name].start()
    wait_until("the journal is read", lambda: pipeline.has_read(written.entries[-1]), 240)
    wait_until("every consumer has caught up", pipeline.settled, 240)
    exit_codes = {name: pipeline.services[name].stop() for name in NAMES}

    assert exit_codes == dict.fromkeys(NAMES, 0)
    assert_nothing_lost(pipeline, written, doubles_in_splunk=False)
