"""The settings of every Kafka client, in one place."""

from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.net.compat import KafkaNetClient

from runtime.kafka.oauth import TokenProvider
from runtime.settings import BrokerSettings

TRANSACTION_TIMEOUT_MS = 10_000
SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 120_000
"""How long a group waits for a member that works on a batch; then its partitions go to others. The longest answer that
a SIEM may take (50 s) and a transaction (60 s) lie within it. While a batch is held and while a memory is rebuilt, the
source polls. kafka-python's own default makes a newcomer wait for five minutes.
"""
REQUEST_TIMEOUT_MS = 10_000
DELIVERY_TIMEOUT_MS = 60_000
CLAIM_TIMEOUT_MS = 20_000
BOOTSTRAP_TIMEOUT_MS = 5_000
PRODUCE_BATCH_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes clients for one broker under one worker name."""

    settings: BrokerSettings
    servers: tuple[str, ...]
    worker: str

    def member(self, group: str, max_records: int) -> KafkaConsumer:
        """A static member of a group: a restarted worker gets its partitions back at once (KIP-345)."""
        return _made(
            KafkaConsumer,
            **self._common(),
            group_id=group,
            group_instance_id=self.worker,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            heartbeat_interval_ms=2_000,
            max_poll_records=max_records,
            **_READING,
        )

    def reader(self, *, committed_only: bool = True) -> KafkaConsumer:
        """A consumer without a group, for reading a known range."""
        isolation = {} if committed_only else {"isolation_level": "read_uncommitted"}
        return _made(
            KafkaConsumer, **self._common(), group_id=None, max_poll_records=5_000, **{**_READING, **isolation}
        )

    def transactional(self, identity: str) -> KafkaProducer:
        return KafkaProducer(
            **self._common(),
            transactional_id=identity,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            max_block_ms=CLAIM_TIMEOUT_MS,
            acks="all",
            batch_size=PRODUCE_BATCH_BYTES,
            linger_ms=5,
            allow_auto_create_topics=False,
        )

    def admin(self) -> KafkaAdminClient:
        return _made(KafkaAdminClient, **self._common())

    def _common(self) -> dict[str, Any]:
        return {
            "bootstrap_servers": list(self.servers),
            "client_id": f"sk2siem-{self.worker}",
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            "reconnect_backoff_max_ms": 1_000,
            **_security(self.settings),
        }


def _made(client: Any, **config: Any) -> Any:
    """A client; one that cannot be made leaves nothing behind (kafka-python 3.0.12 leaks a thread for each try)."""
    networks: list[KafkaNetClient] = []

    def network(**settings: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**settings))
        return networks[-1]

    try:
        return client(kafka_client=network, **config)
    except BaseException:
        for made in networks:
            made.close()
        raise


_READING: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "fetch_max_wait_ms": 100,
}


def _security(settings: BrokerSettings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    tls = settings.security == "tls"
    if settings.sasl_mechanism is None:
        options["security_protocol"] = "SSL" if tls else "PLAINTEXT"
    else:
        options["security_protocol"] = "SASL_SSL" if tls else "SASL_PLAINTEXT"
        options["sasl_mechanism"] = settings.sasl_mechanism
        options |= _credentials(settings)
    if tls:
        files = {"ssl_cafile": settings.ca_file, "ssl_certfile": settings.cert_file, "ssl_keyfile": settings.key_file}
        options |= {name: str(path) for name, path in files.items() if path is not None}
    return options


def _credentials(settings: BrokerSettings) -> dict[str, Any]:
    if settings.sasl_mechanism == "OAUTHBEARER":
        return {"sasl_oauth_token_provider": TokenProvider(settings)}
    password = settings.password.get_secret_value() if settings.password else None
    return {"sasl_plain_username": settings.username, "sasl_plain_password": password}
