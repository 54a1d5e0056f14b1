"""docs/configuration.md says what the settings' models say."""

from pathlib import Path

from cli.documentation import markdown
from cli.settings import Settings
from cli.variables import variables

PAGE = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text() == markdown(Settings), "run: sk2siem config --markdown > docs/configuration.md"


def test_the_page_has_a_row_for_every_variable() -> None:
    page = markdown(Settings)

    assert [one.name for one in variables(Settings) if f"| `{one.name}` | " not in page] == []
    assert "| `SK2SIEM_SPLUNK__TOKEN` | must be set | " in page
    assert "| `SK2SIEM_OPS__PORT` | `9464` | " in page
