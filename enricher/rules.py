"""The rules in their order, as docs/verdicts.md has them: which row gives which reason, in words for whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from enricher.policy import Mode
from schemas.reasons import Reason


@dataclass(frozen=True, slots=True)
class Rule:
    """`row` of the mode's table; `when` it applies, as a sentence."""

    row: int
    when: str


CANARY = "The policy names its address and port as those that `sk2siem canary` connects from."
RULES: Mapping[tuple[Mode, Reason], Rule] = {
    (Mode.EVIDENCE, Reason.EXCEPTION): Rule(1, "An exception of the policy covers this connection, and is in force."),
    (Mode.EVIDENCE, Reason.CANARY): Rule(1, CANARY),
    (Mode.EVIDENCE, Reason.LOCAL): Rule(
        2, "It is loopback, or the other end is an address of the system itself: nobody outside can read it."
    ),
    (Mode.EVIDENCE, Reason.TUNNEL): Rule(3, "The policy names an encrypted tunnel between the networks of both ends."),
    (Mode.EVIDENCE, Reason.WEAK_PROTOCOL): Rule(
        4, "The handshake used a protocol that is weaker than the policy allows."
    ),
    (Mode.EVIDENCE, Reason.WEAK_CIPHER): Rule(4, "The handshake used a cipher that the policy calls weak."),
    (Mode.EVIDENCE, Reason.TLS): Rule(
        5, "A TLS handshake succeeded, with a protocol and a cipher that the policy allows."
    ),
    (Mode.EVIDENCE, Reason.CLEARTEXT_PORT): Rule(6, "The port only speaks clear text."),
    (Mode.EVIDENCE, Reason.ENCRYPTED_PROTOCOL): Rule(
        7, "The port speaks a protocol that is encrypted by itself, such as SSH, and leaves no TLS facts."
    ),
    (Mode.EVIDENCE, Reason.OWN_SCHEME): Rule(
        9, "The port may be encrypted by a scheme of its own, which the audit journal cannot show."
    ),
    (Mode.EVIDENCE, Reason.HANDSHAKE_FAILED): Rule(10, "A TLS handshake failed, and none succeeded."),
    (Mode.EVIDENCE, Reason.GAP): Rule(11, "Journal entries were lost while its TLS facts could have come."),
    (Mode.EVIDENCE, Reason.SOURCE_ENDED): Rule(11, "The system was retired while its TLS facts could have come."),
    (Mode.EVIDENCE, Reason.SECURE_PORT): Rule(
        12, "The port only speaks TLS, of a kind that leaves no TLS facts (Java, OpenSSL)."
    ),
    (Mode.EVIDENCE, Reason.TLS_NOT_AUDITED): Rule(
        13, "*NETSECURE was not in force all the time, or it is not known whether it was, so silence means nothing."
    ),
    (Mode.EVIDENCE, Reason.NO_UPGRADE): Rule(
        14, "The port begins in clear text and can go over to TLS; no handshake succeeded while TLS was audited."
    ),
    (Mode.EVIDENCE, Reason.TLS_EXPECTED): Rule(
        15, "The port only speaks TLS, and no handshake was seen: a scan or a health check that never spoke."
    ),
    (Mode.EVIDENCE, Reason.NO_TLS_EVIDENCE): Rule(
        16,
        "No handshake succeeded, and the port does not tell: it is not listed, or its TLS may leave no facts.",
    ),
    (Mode.PORTS, Reason.EXCEPTION): Rule(1, "An exception of the policy covers this connection, and is in force."),
    (Mode.PORTS, Reason.CANARY): Rule(1, CANARY),
    (Mode.PORTS, Reason.LOCAL): Rule(
        2, "It is loopback, or the other end is an address of the system itself: nobody outside can read it."
    ),
    (Mode.PORTS, Reason.TUNNEL): Rule(3, "The policy names an encrypted tunnel between the networks of both ends."),
    (Mode.PORTS, Reason.SECURE_PORT): Rule(4, "The port is on the policy's list of secure ports."),
    (Mode.PORTS, Reason.CLEARTEXT_PORT): Rule(5, "The port is on the policy's list of clear-text ports."),
    (Mode.PORTS, Reason.NOT_IN_SECURE_LIST): Rule(7, "The port is not on the policy's list of secure ports."),
}


def rule_of(mode: str, reason: str) -> Rule | None:
    """The rule of a verdict; None for one of another release."""
    try:
        return RULES.get((Mode(mode), Reason(reason)))
    except ValueError:
        return None
