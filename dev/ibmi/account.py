"""Whom PostgreSQL runs as: it refuses root, so root hands it to an account that may do less."""

import os
import pwd
import subprocess
from pathlib import Path

from dev.part import Failed, Missing

# lets the account pass folders that only root may enter, such as a test's own temporary one
_PASS_FOLDERS = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def own(folder: Path) -> None:
    """Give the folder to the account."""
    if entry := _entry():
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def words(folder: Path) -> list[str]:
    """What stands before a command so that it runs as the account and can reach `folder`; nothing if not root."""
    entry = _entry()
    if not entry:
        return []
    plain = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    for choice in (plain, [*plain, *_PASS_FOLDERS]):
        if (
            subprocess.run([*choice, "test", "-d", folder / "."], check=False, cwd="/", capture_output=True).returncode
            == 0
        ):
            return choice
    raise Failed(
        f"PostgreSQL runs as {entry.pw_name}, not as root, and {entry.pw_name} cannot enter {folder}: "
        "choose a data folder that others may enter (chmod o+x, its parents too)"
    )


def _entry() -> pwd.struct_passwd | None:
    """None when the present user will do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: add one")
