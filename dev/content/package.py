"""Packing the Splunk app: always the same bytes from the same files, owned by nobody, with the rights Splunk wants."""

import gzip
import io
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "siem" / "splunk" / "sk2siem"


def package(folder: Path) -> Path:
    """The app as `folder/sk2siem-splunk-app.tgz`."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "sk2siem-splunk-app.tgz"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in (APP, *sorted(APP.rglob("*"))):
            tar.add(path, arcname=path.relative_to(APP.parent), recursive=False, filter=_plain)
    archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return archive


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() else 0o644
    return member
