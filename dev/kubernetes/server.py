"""The processes of Kubernetes: etcd, API server, controllers, scheduler, and kwok, which plays the nodes."""

import json
import secrets
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from ssl import CERT_NONE, SSLContext, create_default_context
from typing import Any, Self

from dev.chart.tools import kubectl
from dev.kubernetes.build import build, etcd
from dev.part import Failed, Process, free_port

PARTS = ("etcd", "apiserver", "controllers", "scheduler", "kwok")


class Kubernetes:
    """A cluster on 127.0.0.1 that begins empty. Pods are scheduled and reported as running; nothing runs in them."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self.config = self.data / "kubeconfig"
        self._port = free_port()
        self._token = secrets.token_hex(16)
        self._processes = {name: Process(f"kubernetes {name}", self.data / name) for name in PARTS}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Raises Missing or Failed, and then leaves nothing running."""
        store, folder = etcd(), build()
        self.data.mkdir(parents=True, exist_ok=True)
        try:
            self._start(folder, store)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for process in reversed(self._processes.values()):
            process.kill()

    def kubectl(self, *words: str, given: str = "") -> str:
        """What it printed. Raises Failed."""
        command = [str(kubectl()), f"--kubeconfig={self.config}", *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise Failed(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "--server-side", "-f", "-", given="\n".join(json.dumps(one) for one in objects))

    def get(self, kind: str, *, namespace: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.kubectl("-n", namespace, "get", kind, "-o", "json"))["items"]
        return found

    def _start(self, folder: Path, store: Path) -> None:
        key = self._write_files()
        client, peer = free_port(), free_port()
        self._run(
            "etcd",
            [store, f"--data-dir={self.data / 'etcd' / 'store'}", "--unsafe-no-fsync"],
            [f"--listen-client-urls=http://127.0.0.1:{client}", f"--advertise-client-urls=http://127.0.0.1:{client}"],
            [f"--listen-peer-urls=http://127.0.0.1:{peer}"],
        )
        self._run(
            "apiserver",
            [folder / "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{client}", f"--secure-port={self._port}"],
            ["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none"],
            [f"--cert-dir={self.data / 'certificates'}", f"--token-auth-file={self.data / 'tokens'}"],
            [f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}"],
            ["--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.96.0.0/16"],
            ["--authorization-mode=RBAC"],
        )
        self._processes["apiserver"].wait_until(self._answers, seconds=180)
        known = [f"--kubeconfig={self.config}", "--leader-elect=false", "--secure-port=0"]
        signing = [f"--service-account-private-key-file={key}"]
        # Debian's etcd is too old for the watches that kwok asks for, so it looks at its nodes about once a minute; a
        # node that is silent for 50 seconds would take the readiness of its pods with it
        patience = ["--node-monitor-grace-period=1h"]
        self._run("controllers", [folder / "kube-controller-manager"], known, signing, patience)
        self._run("scheduler", [folder / "kube-scheduler"], known)
        self._run(
            "kwok",
            [folder / "kwok", f"--kubeconfig={self.config}", "--manage-all-nodes=true", "--cidr=10.0.0.1/16"],
            [f"--server-address=127.0.0.1:{free_port()}", "--node-ip=127.0.0.1"],
        )

    def _run(self, name: str, *words: Sequence[str | Path]) -> None:
        self._processes[name].start([word for some in words for word in some])

    def _write_files(self) -> Path:
        """The key that signs tokens of service accounts; beside it the one token that may do everything."""
        key = self.data / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        (self.data / "tokens").write_text(f'{self._token},admin,admin,"system:masters"\n')
        cluster = {"server": f"https://127.0.0.1:{self._port}", "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
        self.config.write_text(json.dumps(config))
        return key

    def _answers(self) -> bool:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self._port}/readyz", headers={"Authorization": f"Bearer {self._token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5, context=_trusting()) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as unready:
            unready.close()
            return False
        except OSError:
            return False


def _trusting() -> SSLContext:
    """The API server signs its own certificate at its start."""
    context = create_default_context()
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context
