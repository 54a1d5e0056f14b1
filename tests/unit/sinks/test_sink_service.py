"""A sink worker is built by its name, without connecting to anything and without the other sinks' libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import Unavailable
from schemas.topics import SERVICES, VERDICTS, all_topics
from sinks.elastic.settings import ElasticSettings
from sinks.file.settings import FileSettings
from sinks.service import SINKS, Settings, build, check
from sinks.splunk.settings import SplunkSettings
from sinks.syslog.settings import SyslogSettings
from tests.fakes.broker import FakeBroker
from tests.fakes.running import running_as

ROOT = Path(__file__).resolve().parents[3]
NOBODY = "http://127.0.0.1:1"


def settings_of(name: str, folder: Path) -> Settings:
    made: dict[str, Settings] = {
        "splunk": SplunkSettings.model_validate({"url": NOBODY, "token": "t"}),
        "elastic": ElasticSettings.model_validate({"url": NOBODY}),
        "file": FileSettings(path=str(folder)),
        "syslog": SyslogSettings(url="tcp://127.0.0.1:1"),
    }
    return made[name]


@pytest.mark.parametrize("name", SINKS)
def test_a_worker_reads_verdicts_and_alerts_as_the_group_of_its_sink(name: str, tmp_path: Path) -> None:
    broker = FakeBroker(topics=all_topics(1))
    running = running_as(name, "worker-0")

    source, _stage = build(name, settings_of(name, tmp_path), broker, running)
    source.poll(0.0)

    assert list(broker.group(name).members) == ["worker-0"]
    assert {standing.partition.topic for standing in broker.standings(name, [VERDICTS])} == {VERDICTS}


def test_each_sink_is_a_service_of_the_same_name() -> None:
    assert set(SINKS) <= set(SERVICES)


@pytest.mark.parametrize("name", ["splunk", "elastic"])
def test_a_check_of_nobody_names_the_address(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached: .*Connection refused"):
        check(name, settings_of(name, tmp_path))


def test_settings_of_another_sink_are_a_bug_that_shows(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="FileSettings expected, not SplunkSettings"):
        check("file", settings_of("splunk", tmp_path))


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        pytest.param("file", {"elasticsearch", "urllib3"}, id="file"),
        pytest.param("splunk", {"elasticsearch"}, id="splunk"),
    ],
)
def test_only_the_library_of_the_sink_in_use_is_imported(name: str, absent: set[str], tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from sinks.service import SINKS\n"
        "from sinks.file.settings import FileSettings\n"
        "from sinks.splunk.settings import SplunkSettings\n"
        "from runtime.metrics import Metrics\n"
        f"splunk = SplunkSettings(url={NOBODY!r}, token='t')\n"
        f"made = {{'file': FileSettings(path={str(tmp_path)!r}), 'splunk': splunk}}\n"
        f"SINKS[{name!r}](made[{name!r}], Metrics('x'), lambda: None, bool)\n"
        "print(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not absent & set(done.stdout.split())
