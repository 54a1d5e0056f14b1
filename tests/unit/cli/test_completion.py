"""Shells complete what there is: the scripts are run by the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import run_command

BASH = """
source <(sk2siem completion bash)
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_sk2siem_completion sk2siem
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("sk2siem dead", {"dead-letters"}, id="a command"),
        pytest.param("sk2siem run el", {"elastic"}, id="a choice"),
        pytest.param("sk2siem dead-letters replay --dry", {"--dry-run"}, id="an option"),
        pytest.param("sk2siem report b", {"broker"}, id="a source"),
        pytest.param("sk2siem report broker --by remote,d", {"remote,day"}, id="one of several"),
        pytest.param("sk2siem plan broker --tls-off tlsv1.1", {"TLSV1.1"}, id="a protocol"),
        pytest.param("sk2siem policy ''", {"check", "show", "diff"}, id="what a group has"),
    ],
)
def test_bash_completes(words: str, found: set[str]) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    ended = subprocess.run(
        ["bash", "-c", BASH.format(words=words)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": path},
        timeout=60,
    )

    assert set(ended.stdout.split()) == found
    assert ended.stderr == ""


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_of_another_shell_asks_for_its_own_answers(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command(["completion", shell])

    script = capsys.readouterr().out
    assert code == 0
    assert f"_SK2SIEM_COMPLETE={shell}_complete" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=60)
