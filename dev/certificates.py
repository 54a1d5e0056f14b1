"""An authority of its own and certificates that it has signed, made by openssl, for servers on this machine."""

import hashlib
import ssl
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

AUTHORITY_RULES = """\
[ca]
default_ca = ours
[ours]
database = {index}
rand_serial = yes
policy = any
[any]
commonName = supplied
"""
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, and certificates with their keys that it has signed."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def server(self) -> tuple[Path, Path]:
        return self.folder / "server.pem", self.folder / "server.key"

    @property
    def client(self) -> tuple[Path, Path]:
        return self.folder / "client.pem", self.folder / "client.key"

    @property
    def authority_fingerprint(self) -> str:
        der = ssl.PEM_cert_to_DER_cert(self.authority.read_text())
        return hashlib.sha256(der).hexdigest()

    def server_context(self, *, asks_for_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server)
        if asks_for_client:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def make(folder: Path) -> Certificates:
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder)
    _openssl(
        "req",
        "-x509",
        "-days",
        "2",
        *_key(folder / "authority.key"),
        "-subj",
        "/CN=Test Authority",
        "-out",
        made.authority,
    )
    for name, (certificate, key) in {"localhost": made.server, "sk2siem": made.client}.items():
        _openssl(
            "req",
            "-x509",
            *("-days", "2"),
            *_key(key),
            *("-CA", made.authority, "-CAkey", folder / "authority.key"),
            *("-subj", f"/CN={name}", "-addext", NAMES, "-addext", "basicConstraints=critical,CA:false"),
            *("-out", certificate),
        )
        _append(certificate, made.authority)
    return made


def another(made: Certificates, name: str, *, begins: datetime, ends: datetime, names: str = NAMES) -> ssl.SSLContext:
    """A server whose certificate is good at other times or for other names, signed by the same authority."""
    certificate, key, request = (made.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
    extensions, index, rules = (made.folder / f"{name}.{kind}" for kind in ("ext", "index", "cnf"))
    extensions.write_text(names + "\n")
    index.touch()
    rules.write_text(AUTHORITY_RULES.format(index=index))
    _openssl("req", *_key(key), "-subj", "/CN=localhost", "-out", request)
    _openssl(
        *("ca", "-batch", "-notext", "-config", rules, "-md", "sha256"),
        *("-cert", made.authority, "-keyfile", made.folder / "authority.key", "-outdir", made.folder),
        *("-startdate", f"{begins:%Y%m%d%H%M%SZ}", "-enddate", f"{ends:%Y%m%d%H%M%SZ}"),
        *("-extfile", extensions, "-in", request, "-out", certificate),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _append(certificate: Path, authority: Path) -> None:
    """The whole chain, so that whoever pins the authority by its fingerprint sees it."""
    certificate.write_text(certificate.read_text() + authority.read_text())


def _key(path: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", path)


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
