"""The documentation is true: what it names exists, what it shows is what the code does."""

import json
import pkgutil
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml

from cli.documentation import markdown
from cli.main import sk2siem
from cli.settings import Settings
from cli.variables import variables
from dev.chart.written import HELM, superfluous
from dev.chart.written import wanted as made_for_the_chart
from enricher.catalogue import load_catalogue
from enricher.judge import Judge
from enricher.policy_file import DEFAULT, PORTS, load_policy
from producer.journal import Journal
from producer.journal_clock import JournalClock
from producer.reader import JournalRow, Place
from producer.simulator.encoder import EntryData, encode_entry
from producer.stage import Decode
from runtime.metrics import PREFIX, Metrics
from runtime.record import Offset, Partition, Record, StoredRecord
from schemas.codec import decode_as, encode
from schemas.records import Alert, Progress
from schemas.topics import ENTRIES
from sinks.splunk.render import render

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("producer", "enricher", "sinks", "schemas", "runtime", "cli")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("dev/**/*.md"), *ROOT.glob("helm/*.md")])
SOURCES = sorted(path for package in PACKAGES for path in ROOT.glob(f"{package}/**/*.py"))
DECISION = re.compile(r"\d{4}-[a-z0-9-]+\.md")
DECISION_PARTS = ("Context", "Decision", "Consequences", "What was rejected")

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
JSON_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOML_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|(?<=[\s/`(]))sk2siem((?: +[A-Za-z0-9_./=:,-]+)+)", re.MULTILINE)
OTHER_COMMAND = re.compile(r"^(?:sudo )?(?:docker|helm|install|journalctl|runuser|systemctl|useradd) .*$", re.MULTILINE)
VARIABLE = re.compile(r"\bSK2SIEM_[A-Z0-9_]+")
METRIC = re.compile(rf"\b{PREFIX}_[a-z0-9_]+")
MODULE = re.compile(rf"(?<!\.)\b(?:{'|'.join(PACKAGES)})(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
FILE = re.compile(rf"\b(?:{'|'.join((*PACKAGES, 'dev', 'docs', 'helm', 'tests'))})/[\w./-]*\w")
PAGING = re.compile(r'log\.(?:error|exception)\(\s*"([^"]+)"')
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD|WIP|stub|stubs|placeholder|lorem ipsum|coming soon)\b", re.IGNORECASE)
OTHER_WORDS = {
    "poller": "producer",
    "heartbeat": "progress",
    "alarm": "alert",
    "poison": "dead letter",
    "dlq": "dead letter",
    "lpar": "system",
}


def ids(paths: Sequence[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def each(paths: Sequence[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=ids(paths))


def code_of(path: Path) -> Iterator[str]:
    """What stands between backticks: fenced blocks and spans."""
    text = path.read_text()
    yield from (block.partition("\n")[2] for block in FENCE.findall(text))
    yield from CODE.findall(FENCE.sub("", text))


def test_the_page_on_settings_is_fresh() -> None:
    page = ROOT / "docs" / "configuration.md"

    assert page.read_text() == markdown(Settings), "sk2siem config --markdown > docs/configuration.md"


@each(sorted(made_for_the_chart()))
def test_what_is_made_for_the_chart_is_fresh(path: Path) -> None:
    assert path.exists()
    assert path.read_text() == made_for_the_chart()[path], "python -m dev.chart write"


def test_the_chart_has_no_copy_of_what_is_no_more() -> None:
    assert superfluous() == [], "python -m dev.chart write"


@each(PAGES)
def test_each_link_leads_somewhere(path: Path) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", path.read_text())) if "://" not in link]

    broken = [link for link in links if not _leads_somewhere(path, link)]

    assert broken == []


def _leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not anchor or anchor in _anchors(target.read_text()))


def _anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each(PAGES)
def test_each_command_exists(path: Path) -> None:
    problems = [
        problem
        for code in code_of(path)
        for words in COMMAND.findall(OTHER_COMMAND.sub("", code))
        if (problem := _refused(words))
    ]

    assert problems == []


def _refused(words: str) -> str | None:
    """Why the command line would be refused by its form: an unknown subcommand, option or choice."""
    name, *rest = words.split()
    command = sk2siem.commands.get(name)
    if name in ("--help", "-h"):
        return None
    if isinstance(command, click.Group) and rest:
        name, *rest = rest
        command = command.commands.get(name)
    if command is None:
        return f"sk2siem{words}: no such subcommand"
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    options = {text for parameter in command.params for text in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in options]
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    choices = [parameter.type for parameter in arguments if isinstance(parameter.type, click.Choice)]
    if rest and choices and not rest[0].startswith("-") and rest[0] not in (*choices[0].choices, "SERVICE"):
        unknown.append(rest[0])
    return f"sk2siem{words}: {', '.join(unknown)} unknown" if unknown else None


@each(PAGES)
def test_each_setting_exists(path: Path) -> None:
    known = {variable.name for variable in variables(Settings)}

    named = set(VARIABLE.findall(path.read_text())) - {"SK2SIEM_"}

    assert {name for name in named if name not in known and not _is_section(name, known)} == set()


def _is_section(name: str, known: set[str]) -> bool:
    """`SK2SIEM_BROKER__` stands for all that begin with it."""
    return name.endswith("__") and any(other.startswith(name) for other in known)


def metric_names() -> set[str]:
    """As Prometheus shows them: counters with `_total`."""
    families = Metrics("docs").registry.collect()
    return {family.name + ("_total" if family.type == "counter" else "") for family in families}


@each(PAGES)
def test_each_metric_exists(path: Path) -> None:
    assert set(METRIC.findall(path.read_text())) <= metric_names()


def test_each_metric_is_explained_to_operators() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()

    assert {name for name in metric_names() if name not in text} == set()


def test_each_log_line_that_pages_is_explained_to_operators() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    events = [event for path in SOURCES for event in PAGING.findall(path.read_text())]

    assert len(events) > 5
    assert [event for event in events if event not in text] == []


@each(PAGES)
def test_each_module_and_name_in_it_exists(path: Path) -> None:
    named = {name for code in code_of(path) for name in MODULE.findall(code)}

    assert {name for name in named if not _exists(name) and not _is_a_value_of_the_chart(name)} == set()


def _exists(name: str) -> bool:
    if Path(name).suffix in (".env", ".toml", ".py", ".json", ".md"):
        return True
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def _is_a_value_of_the_chart(name: str) -> bool:
    """`enricher.replicas`, and what is below a table that is empty."""
    value = yaml.safe_load((HELM / "values.yaml").read_text())
    for part in name.split("."):
        if value == {}:
            return True
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


@each(PAGES)
def test_each_file_exists(path: Path) -> None:
    named = {name for code in code_of(path) for name in FILE.findall(code)}

    assert {name for name in named if not (ROOT / name).exists() and not (path.parent / name).exists()} == set()


@each([*PAGES, *SOURCES])
def test_nothing_is_left_unfinished(path: Path) -> None:
    assert UNFINISHED.findall(path.read_text()) == []


@each([page for page in PAGES if "dev" not in page.relative_to(ROOT).parts])
def test_one_word_per_idea(path: Path) -> None:
    words = set(re.findall(r"[a-z]+", path.read_text().lower()))

    assert {word: OTHER_WORDS[word] for word in words & OTHER_WORDS.keys()} == {}


@each(sorted((ROOT / "docs" / "decisions").glob("*")))
def test_each_decision_says_why_and_what_was_rejected(path: Path) -> None:
    headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)

    assert DECISION.fullmatch(path.name)
    assert tuple(headings) == DECISION_PARTS


def test_the_files_on_the_page_on_policy_can_be_read(tmp_path: Path) -> None:
    policy, ports = TOML_BLOCK.findall((ROOT / "docs" / "policy.md").read_text())
    (tmp_path / "policy.toml").write_text(policy)
    (tmp_path / "ports.toml").write_text(ports)

    catalogue = load_catalogue(tmp_path / "ports.toml")

    assert load_policy(tmp_path / "policy.toml", catalogue).hash != load_policy(PORTS, catalogue).hash


def test_the_page_on_policy_has_every_key() -> None:
    page = (ROOT / "docs" / "policy.md").read_text()
    schema = json.loads((ROOT / "enricher" / "policies" / "policy.schema.json").read_text())
    exception = schema["properties"]["exception"]["items"]["properties"]
    names = [*schema["properties"], *exception, *schema["properties"]["tunnel"]["items"]["properties"]]
    nested = [
        f"{table}.{name}"
        for table in ("ports", "networks", "tls", "canary", "alerts")
        for name in _table(schema, table)
    ]

    assert [name for name in (*names, *nested) if name not in page] == []


def _table(schema: dict[str, dict[str, dict[str, dict[str, object]]]], name: str) -> Iterator[str]:
    yield from schema["properties"][name]["properties"]


def test_the_page_on_architecture_shows_what_the_code_gives() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    row, later = _rows_of_the_page()

    entry, handshake = Decode(_journal_of_the_page(), Metrics("producer")).process([row, later]).outputs
    read = [_read(number, record) for number, record in enumerate((_progress_of_the_page(), entry, handshake))]
    catalogue = load_catalogue()
    verdict, alert = Judge(catalogue, load_policy(DEFAULT, catalogue)).process(read).outputs
    shown_alert = _as_shown(alert.value)

    entry_block, handshake_block, verdict_block, alert_block, splunk_block = JSON_BLOCK.findall(page)
    assert row.entry_data[:45].hex() in page
    assert f"`{entry.key.decode()}`" in page
    assert _as_shown(entry.value) == _as_shown(entry_block)
    assert _as_shown(handshake.value) == _as_shown(entry.value) | _as_shown(handshake_block)
    assert _as_shown(verdict.value) == _as_shown(verdict_block) == shown_alert.pop("connection")
    assert shown_alert == _as_shown(alert_block)
    assert _as_shown(render(decode_as(Alert, alert.value))) == _as_shown(splunk_block)


def _rows_of_the_page() -> tuple[JournalRow, JournalRow]:
    accept = EntryData("A", "10.1.1.5", 21, "10.9.8.7", 50123, socket_descriptor=3)
    secure = accept._replace(detail_type="S", secure_version="TLSV1", secure_properties="TLS_RSA_WITH_AES_128_CBC_SHA")
    return _row_of_the_page(184467, 123456, accept), _row_of_the_page(184471, 535456, secure)


def _row_of_the_page(sequence: int, microsecond: int, data: EntryData) -> JournalRow:
    time = datetime(2026, 11, 22, 3, 15, 0, microsecond)
    return JournalRow(Place("QGPL", "AUDRCV0001", sequence), time, "SK", encode_entry(data), program="QTMFSRVR")


def _progress_of_the_page() -> Record:
    levels = ("*NETSCK", "*NETSECURE", "*NETTELSVR")
    progress = Progress("PROD1", "QSYS/QAUDJRN", datetime(2026, 11, 22, 2, 14, 57, tzinfo=UTC), True, levels, 0, 6)
    return Record(ENTRIES, b"PROD1", encode(progress), progress.type)


def _read(number: int, record: Record) -> StoredRecord:
    return StoredRecord(Partition(ENTRIES, 0), Offset(number), record.key, record.value, record.type)


def _journal_of_the_page() -> Journal:
    read_at = datetime(2026, 11, 22, 2, 15, 1, tzinfo=UTC)
    return Journal("PROD1", "QSYS/QAUDJRN", "display-journal", JournalClock("Europe/Berlin"), read_at=read_at)


def _as_shown(text: str | bytes) -> dict[str, object]:
    """Without what is null, and with any hash of the policy, which each change of the catalogue changes."""
    shown: dict[str, object] = json.loads(text, object_hook=_without_nulls)
    return shown


def _without_nulls(document: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in document.items() if value is not None}
    return {**kept, "policy": "any"} if "policy" in kept else kept
