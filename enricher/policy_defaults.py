"""What a policy says where its file is silent; `policies/default.toml` writes it out for people."""

from collections.abc import Mapping

from enricher.policy import RAISED, Mode, Notice, Protocol, Raised, Weight
from schemas.reasons import Reason
from schemas.records import Severity

WINDOW_SECONDS = 15
CANARY_PORTS = ("61900-61999",)
OWN_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
WEAKEST_PROTOCOL = Protocol.TLSV1_2
WEAK_CIPHERS = ("*NULL*", "*EXPORT*", "*RC4*", "*RC2*", "*_DES_*", "*3DES*", "*MD5*")

INFORMATIONAL = Weight(Severity.INFORMATIONAL, Severity.INFORMATIONAL)
LOW = Weight(Severity.LOW, Severity.LOW)
MEDIUM = Weight(Severity.MEDIUM, Severity.MEDIUM)
HIGH = Weight(Severity.HIGH, Severity.HIGH)
SEVERITIES: Mapping[Raised, Weight] = {
    **dict.fromkeys(RAISED, INFORMATIONAL),
    Reason.CLEARTEXT_PORT: Weight(Severity.MEDIUM, Severity.HIGH),
    Reason.NO_UPGRADE: MEDIUM,
    Reason.WEAK_PROTOCOL: MEDIUM,
    Reason.WEAK_CIPHER: MEDIUM,
    Reason.NOT_IN_SECURE_LIST: MEDIUM,
    Reason.HANDSHAKE_FAILED: LOW,
    Notice.JOURNAL_GAP: HIGH,
    Notice.AUDITING: HIGH,
    Notice.EXCEPTION_ENDS: MEDIUM,
}
ALERTS: Mapping[Mode, frozenset[Raised]] = {
    Mode.PORTS: frozenset({Reason.CLEARTEXT_PORT, Reason.NOT_IN_SECURE_LIST, *Notice}),
    Mode.EVIDENCE: frozenset(
        {Reason.CLEARTEXT_PORT, Reason.NO_UPGRADE, Reason.WEAK_PROTOCOL, Reason.WEAK_CIPHER, *Notice}
    ),
}
