"""rsyslogd as a part of the local stack, with a configuration of its own and nothing of the machine's."""

import json
import shutil
import time
from pathlib import Path
from typing import Self

from dev import certificates, fetch
from dev.certificates import Certificates
from dev.part import STACK, Failed, Missing, Process, accepts, free_port, is_free, require_free

PORT = 16514
LARGEST_MESSAGE = "64k"
CONFIGURATION = """\
global(
  workDirectory="{folder}"
  maxMessageSize="{largest}"
  parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriverCAFile="{authority}"
  defaultNetstreamDriverCertFile="{certificate}"
  defaultNetstreamDriverKeyFile="{key}"
)
main_queue(queue.type="Direct")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="received")
input(type="imtcp" address="127.0.0.1" port="{tls_port}" ruleset="received"
      streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="line" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
ruleset(name="received") {{
  action(type="omfile" file="{received}" template="line" asyncWriting="off" flushOnTXEnd="on")
}}
"""


class Rsyslog:
    """TCP on `port`, TLS on `tls_port`, both with octet counting or line breaks, whatever the sender uses."""

    def __init__(self, port: int = PORT, data: Path = STACK / "rsyslog") -> None:
        self.port = port
        self.tls_port = port + 1 if is_free(port + 1) else free_port()
        self.data = data.absolute()
        self._process = Process("rsyslog", self.data)

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"tls://localhost:{self.tls_port}"

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.data / "certificates")

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def exports(self) -> dict[str, str]:
        return {"SK2SIEM_SYSLOG__URL": self.url}

    def install(self) -> None:
        """Raises Missing, with what to install."""
        fetch.debian("rsyslog", "rsyslog-gnutls", "openssl")
        if _program() is None:
            raise Missing("rsyslogd was not found: install rsyslog")

    def start(self) -> None:
        self.install()
        self._process.require_stopped()
        require_free("rsyslog", self.port)
        require_free("rsyslog", self.tls_port)
        program = _program()
        assert program is not None
        configuration = self._write_configuration()
        self._process.start([program, "-n", "-f", configuration, "-i", self.data / "rsyslogd.pid"])
        self._process.wait_until(lambda: accepts(self.port) and accepts(self.tls_port), seconds=30)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def received(self, count: int, *, seconds: float = 30) -> list[dict[str, str]]:
        """What has been received, as soon as it is at least so many. Raises Failed when it is not in time."""
        deadline = time.monotonic() + seconds
        while True:
            lines = self._received.read_bytes().splitlines(keepends=True) if self._received.exists() else []
            whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
            if len(whole) >= count:
                return whole
            if time.monotonic() > deadline:
                raise Failed(f"rsyslog has received {len(whole)} messages, not {count}; see {self._process.log}")
            time.sleep(0.02)

    def forget(self) -> None:
        """Begin anew with an empty file."""
        if self._received.exists():
            with self._received.open("r+b") as file:
                file.truncate()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def _received(self) -> Path:
        return self.data / "received.ndjson"

    def _write_configuration(self) -> Path:
        self.data.mkdir(parents=True, exist_ok=True)
        made = self.certificates
        if not made.authority.exists():
            certificates.make(made.folder)
        certificate, key = made.server
        path = self.data / "rsyslog.conf"
        path.write_text(
            CONFIGURATION.format(
                folder=self.data,
                largest=LARGEST_MESSAGE,
                authority=made.authority,
                certificate=certificate,
                key=key,
                port=self.port,
                tls_port=self.tls_port,
                received=self._received,
            )
        )
        return path


def _program() -> str | None:
    return shutil.which("rsyslogd") or shutil.which("/usr/sbin/rsyslogd")
