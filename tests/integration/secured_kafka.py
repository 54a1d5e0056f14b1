"""A real Kafka with one listener for each way to log in, its certificates made by openssl, and a token endpoint."""

import json
import subprocess
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from dev.kafka import Kafka
from dev.part import free_port

USER, PASSWORD = "sk2siem", "pass, word=1"
CLIENT_ID, CLIENT_SECRET = "sk2siem-client", "client:secret"
PROTOCOLS = {
    "PLAINTEXT": "PLAINTEXT",
    "CONTROLLER": "PLAINTEXT",
    "PLAIN": "SASL_PLAINTEXT",
    "SCRAM": "SASL_PLAINTEXT",
    "OAUTH": "SASL_PLAINTEXT",
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "SCRAMTLS": "SASL_SSL",
}
MODULES = "org.apache.kafka.common.security"
SCRAM = ("scram-sha-256", "scram-sha-512")


class Certificates:
    """An authority that nobody else trusts, a certificate of 127.0.0.1 and one of a client, all as PEM files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.authority = self._authority(folder)
        self.server = self._signed(folder, "server", "subjectAltName=IP:127.0.0.1")
        self.client = self._signed(folder, "client", "extendedKeyUsage=clientAuth")
        self.client_key = folder / "client.key"
        self.server_store = folder / "server-store.pem"
        self.server_store.write_text((folder / "server.key").read_text() + self.server.read_text())

    def _authority(self, folder: Path) -> Path:
        certificate = folder / "ca.pem"
        new_key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "ca.key")]
        _openssl("req", "-x509", *new_key, "-subj", "/CN=throw-away authority", "-days", "2", "-out", certificate)
        return certificate

    def _signed(self, folder: Path, name: str, extension: str) -> Path:
        request, certificate = folder / f"{name}.csr", folder / f"{name}.pem"
        extensions = folder / f"{name}.ext"
        extensions.write_text(extension)
        new_key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / f"{name}.key")]
        _openssl("req", *new_key, "-subj", f"/CN={name}", "-out", request)
        authority = ["-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial"]
        _openssl("x509", "-req", "-in", request, *authority, "-extfile", extensions, "-days", "2", "-out", certificate)
        return certificate


class SecuredKafka(Kafka):
    """`url_of` gives the address of a listener; PLAIN and SCRAM know USER and PASSWORD."""

    def __init__(self, data: Path) -> None:
        self.certificates = Certificates(data / "certificates")
        self._ports = {name: free_port() for name in PROTOCOLS}
        super().__init__(self._ports["PLAINTEXT"], data, settings=self._listeners() | self._logins() | self._stores())

    def url_of(self, listener: str) -> str:
        return f"kafka://127.0.0.1:{self._ports[listener]}"

    def start(self) -> None:
        super().start()
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                # one at a time: the broker refuses two alterations of one user in one request
                refusals = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, mechanism, PASSWORD)])
                assert refusals == {USER: None}
        finally:
            admin.close()

    def _listeners(self) -> dict[str, str]:
        addresses = {name: f"{name}://127.0.0.1:{port}" for name, port in self._ports.items()}
        return {
            "listeners": ",".join(addresses.values()),
            "advertised.listeners": ",".join(text for name, text in addresses.items() if name != "CONTROLLER"),
            "controller.quorum.voters": f"1@127.0.0.1:{self._ports['CONTROLLER']}",
            "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in PROTOCOLS.items()),
        }

    def _logins(self) -> dict[str, str]:
        plain = f'{MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        scram = f"{MODULES}.scram.ScramLoginModule required;"
        oauth = f'{MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
        unsecured = f"{MODULES}.oauthbearer.internals.unsecured.OAuthBearerUnsecured"
        logins = {
            "plain.sasl.enabled.mechanisms": "PLAIN",
            "plain.plain.sasl.jaas.config": plain,
            "oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
            "oauth.oauthbearer.sasl.jaas.config": oauth,
            "oauth.oauthbearer.sasl.login.callback.handler.class": f"{unsecured}LoginCallbackHandler",
            "oauth.oauthbearer.sasl.server.callback.handler.class": f"{unsecured}ValidatorCallbackHandler",
        }
        for listener in ("scram", "scramtls"):
            logins[f"{listener}.sasl.enabled.mechanisms"] = ",".join(SCRAM).upper()
            logins |= {f"{listener}.{mechanism}.sasl.jaas.config": scram for mechanism in SCRAM}
        return {f"listener.name.{name}": value for name, value in logins.items()}

    def _stores(self) -> dict[str, str]:
        stores = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.certificates.server_store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.certificates.authority),
        }
        return stores | {"listener.name.mutual.ssl.client.auth": "required"}


class TokenEndpoint:
    """Grants tokens by client credentials (RFC 6749 §4.4) to CLIENT_ID alone; `granted` counts them."""

    def __init__(self) -> None:
        self.granted = 0
        self._port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/token"

    @contextmanager
    def serving(self) -> Iterator["TokenEndpoint"]:
        server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = endpoint.answer(self.headers.get("Authorization", ""), form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler

    def answer(self, authorization: str, form: str) -> tuple[int, dict[str, object]]:
        # both halves are form-encoded before they are joined (RFC 6749 §2.3.1)
        expected = f"{CLIENT_ID}:{CLIENT_SECRET.replace(':', '%3A')}"
        login = b64decode(authorization.removeprefix("Basic ")).decode()
        if login != expected or "grant_type=client_credentials" not in form:
            return 401, {"error": "invalid_client"}
        self.granted += 1
        return 200, {"access_token": _unsecured_token(CLIENT_ID), "token_type": "Bearer", "expires_in": 300}


def _unsecured_token(subject: str) -> str:
    """A JSON web token without a signature (RFC 7515 §A.5), which the broker's unsecured validator accepts."""
    now = time.time()
    parts: Sequence[dict[str, object]] = ({"alg": "none"}, {"sub": subject, "iat": now, "exp": now + 300})
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)
