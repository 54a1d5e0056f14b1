"""The chart's own suites in helm/tests, by helm-unittest."""

import subprocess

from dev.chart import tools
from tests.helm.rendered import CHART
from tests.missing import or_give_up


def test_the_suites_of_the_chart_pass() -> None:
    command = or_give_up(tools.unittest)

    done = subprocess.run([command, str(CHART)], capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
