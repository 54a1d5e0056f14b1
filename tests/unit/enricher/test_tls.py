"""Weak protocols and ciphers are found in every spelling in which IBM i writes them."""

from dataclasses import replace

import pytest

from enricher.policy import Protocol
from enricher.tls import cipher_name, cipher_pattern, protocol_of, weakness
from schemas.reasons import Reason
from schemas.records import Tls
from tests.unit.enricher.scripts import POLICY

GOOD = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("TLSV1.3", Protocol.TLSV1_3),
        ("TLSv1.2", Protocol.TLSV1_2),
        ("*TLSV1.1", Protocol.TLSV1_1),
        ("TLSV1", Protocol.TLSV1_0),
        ("*TLSV1.0", Protocol.TLSV1_0),
        ("TLS1.2 ", Protocol.TLSV1_2),
        ("TLS V1.2", Protocol.TLSV1_2),
        ("SSLV3", Protocol.SSLV3),
        ("SSLv2", Protocol.SSLV2),
        ("TLSV9.9", None),
        ("IKEV2", None),
        ("", None),
    ],
)
def test_a_protocol_is_known_in_each_spelling(text: str, protocol: Protocol | None) -> None:
    assert protocol_of(text) is protocol


@pytest.mark.parametrize(
    "text",
    [
        "*RSA_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "RSA_AES_128_CBC_SHA256",
        "tls_rsa_with_aes_128_cbc_sha256 ",
    ],
)
def test_a_cipher_has_one_name(text: str) -> None:
    assert cipher_name(text) == "RSA_AES_128_CBC_SHA256"


@pytest.mark.parametrize("protocol", ["TLSV1.1", "TLSV1", "TLSV1.0", "SSLV3", "SSLV2", "*TLSV1.1", "tlsv1.1"])
def test_old_protocols_are_weak_by_default(protocol: str) -> None:
    assert weakness(Tls(protocol, GOOD), POLICY) is Reason.WEAK_PROTOCOL


IBM_WEAK = [
    "*RSA_RC4_128_SHA",
    "*RSA_RC4_128_MD5",
    "*RSA_NULL_MD5",
    "*RSA_NULL_SHA",
    "*RSA_NULL_SHA256",
    "*RSA_DES_CBC_SHA",
    "*RSA_EXPORT_RC4_40_MD5",
    "*RSA_EXPORT_RC2_CBC_40_MD5",
    "*RSA_RC2_CBC_128_MD5",
    "*RSA_DES_CBC_MD5",
    "*RSA_3DES_EDE_CBC_MD5",
    "*RSA_3DES_EDE_CBC_SHA",
    "*ECDHE_RSA_NULL_SHA",
    "*ECDHE_ECDSA_RC4_128_SHA",
    "*ECDHE_RSA_3DES_EDE_CBC_SHA",
]


@pytest.mark.parametrize(
    "cipher", [*IBM_WEAK, *(f"TLS_{name[1:].replace('RSA_', 'RSA_WITH_', 1)}" for name in IBM_WEAK)]
)
def test_weak_ciphers_are_weak_in_both_spellings(cipher: str) -> None:
    assert weakness(Tls("TLSV1.2", cipher), POLICY) is Reason.WEAK_CIPHER


@pytest.mark.parametrize(
    ("protocol", "cipher"),
    [
        ("TLSV1.3", "AES_128_GCM_SHA256"),
        ("TLSV1.3", "CHACHA20_POLY1305_SHA256"),
        ("TLSV1.2", GOOD),
        ("TLSV1.2", "*ECDHE_ECDSA_AES_128_CBC_SHA256"),
        ("TLSV1.2", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
        ("TLSV1.2", None),
        ("IKEV2", None),
    ],
)
def test_what_ibm_supports_by_default_is_not_weak(protocol: str, cipher: str | None) -> None:
    assert weakness(Tls(protocol, cipher), POLICY) is None


@pytest.mark.parametrize(
    ("cipher", "is_weak"),
    [
        pytest.param("TLS_RSA_WITH_AES_256_GCM_SHA384", True, id="RSA key exchange"),
        pytest.param(GOOD, False, id="ephemeral"),
        pytest.param("AES_256_GCM_SHA384", False, id="TLS 1.3"),
    ],
)
def test_forward_secrecy_counts_where_the_policy_asks_for_it(cipher: str, is_weak: bool) -> None:
    strict = replace(POLICY, needs_forward_secrecy=True)

    assert weakness(Tls("TLSV1.2", cipher), strict) is (Reason.WEAK_CIPHER if is_weak else None)
    assert weakness(Tls("TLSV1.2", cipher), POLICY) is None


@pytest.mark.parametrize(
    ("pattern", "cipher", "is_weak"),
    [
        ("*RSA_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256", True),
        ("*RSA_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", False),
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", "*RSA_AES_128_CBC_SHA256", True),
        ("*TLS_RSA_WITH_AES_*", "TLS_RSA_WITH_AES_128_CBC_SHA256", True),
        ("*TLS_RSA_WITH_AES_*", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", False),
        ("*AES_128_GCM_SHA256", "AES_128_GCM_SHA256", True),
        ("*AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", False),
        ("*_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", True),
        ("*_cbc_sha", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", True),
        ("*_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", False),
        ("*RSA_AES_128*", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", True),
    ],
)
def test_a_star_in_front_of_a_whole_name_is_ibms_and_stands_for_anything_elsewhere(
    pattern: str, cipher: str, is_weak: bool
) -> None:
    policy = replace(POLICY, weak_ciphers=(cipher_pattern(pattern),))

    assert weakness(Tls("TLSV1.2", cipher), policy) is (Reason.WEAK_CIPHER if is_weak else None)


@pytest.mark.parametrize("pattern", [*IBM_WEAK, "*RC4*", "*_CBC_SHA", "TLS_RSA_*", "*", "**RSA_NULL_SHA"])
def test_a_pattern_that_was_read_reads_as_itself(pattern: str) -> None:
    assert cipher_pattern(cipher_pattern(pattern)) == cipher_pattern(pattern)


def test_an_entry_that_does_not_say_its_protocol_is_not_called_weak() -> None:
    assert weakness(None, POLICY) is None


def test_the_weakest_protocol_is_the_policys_choice() -> None:
    strict = replace(POLICY, weakest_protocol=Protocol.TLSV1_3)

    assert weakness(Tls("TLSV1.2", GOOD), strict) is Reason.WEAK_PROTOCOL
