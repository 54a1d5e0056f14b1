"""The searches that the pages print: over fields that we write, and each finds what it is for."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from dev.content.written import SIEM
from dev.part import Missing
from schemas.codec import encode
from schemas.records import VerdictKind, changed
from tests.missing import or_give_up
from tests.siem.contents import cim_fields, ecs_fields
from tests.siem.named_fields import in_lucene, in_spl
from tests.siem.searching import Search, in_lucenes_words
from tests.unit.sinks.samples import VERDICT

DOCS = SIEM.parent / "docs"
NIGHT = DOCS / "tasks" / "what-happened-that-night.md"
SPL = re.compile(r"^\s*(?:\|[^`|]*\| `)?((?:index=|`ibmi_index`)[^\n]*?)(?:` \|)?$", re.MULTILINE)
SPLUNK_OPTIONS = {"index"}


def in_table(page: Path, row: str) -> str:
    """What stands between backticks in the row of a table that begins like this."""
    found = re.search(rf"^\s*\| {row}[^|]*\| `(.+)` \|$", page.read_text(), re.MULTILINE)
    assert found, row
    return found[1].replace("\\|", "|")


def spl_of(page: Path) -> list[str]:
    return [one.replace("\\|", "|") for one in SPL.findall(page.read_text())]


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if spl_of(page)]


def test_pages_print_searches() -> None:
    assert {page.name for page in PAGES} >= {"what-happened-that-night.md", "install.md"}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_splunk_knows_every_field(page: Path) -> None:
    for query in spl_of(page):
        assert in_spl(query) - cim_fields() - SPLUNK_OPTIONS == set(), query


def test_kibana_finds_the_night(ecs_search: Search) -> None:
    query = in_table(NIGHT, "Kibana")

    assert in_lucene(query) <= ecs_fields()
    assert ecs_search(in_lucenes_words(query))


def jq() -> str:
    found = shutil.which("jq")
    if not found:
        raise Missing("jq was not found")
    return found


def test_jq_finds_the_night_in_files(tmp_path: Path) -> None:
    program = or_give_up(jq)
    insecure = changed(VERDICT, verdict=VerdictKind.INSECURE)
    (tmp_path / "verdicts.ndjson").write_bytes(
        encode(insecure) + b"\n" + encode(changed(insecure, verdict=VerdictKind.SECURE)) + b"\n"
    )
    words = shlex.split(in_table(NIGHT, "files"))

    ended = subprocess.run([program, *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=True)

    (line,) = ended.stdout.splitlines()
    assert line.split("\t")[1:] == [VERDICT.source.address, VERDICT.service, VERDICT.id]
