"""SM2 certificates and signatures: the vector chain byte for byte, real cards, what is refused.

The nonces of the vectors were not published, but a signature and its secret give the nonce away:
k = s (1 + d) + r d. With it the same fields must give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapkern.issuer import layouts, sm2
from tapkern.issuer.certificates import (
    fdda_tail,
    sm2_icc_certificate,
    sm2_issuer_certificate,
    sm2_sign,
    sm2_sign_dynamic,
    sm2_sign_static,
)
from tapkern.issuer.keys import sm2_key
from tapkern.issuer.sm2 import Sm2Key
from tests.issuer import openssl

DATA = Path(__file__).parent.parent / "data"
VECTORS: dict[str, Any] = json.loads((DATA / "sm-vectors.json").read_text(encoding="utf-8"))
CHAIN = VECTORS["chain"]
CA, ISSUER, ICC = (sm2_key(f"vector-{role}-sm2") for role in ("ca", "issuer", "icc"))
EXPIRY = bytes.fromhex("1230")


def known(name: str, of: dict[str, Any] = CHAIN) -> bytes:
    return bytes.fromhex(of[name])


STATIC = known("record") + known("aip")
TAILS = {
    "v00": fdda_tail(known("un_9F37"), b"", b"", None),
    "v01": fdda_tail(
        known("un_9F37"), known("amount_9F02"), known("currency_5F2A"), known("card_9F69")
    ),
}
CDA = bytes.fromhex("801122334455667788") + known("hash", CHAIN["cda"])

Maker = Callable[[int | None], bytes]
MADE: dict[str, tuple[Sm2Key, bytes, bytes, Maker]] = {
    "90": (
        CA,
        known("cert_90", CHAIN["issuer"]),
        b"",
        lambda k: sm2_issuer_certificate(CA, ISSUER, "62000012", EXPIRY, b"\x00\x01\x01", k),
    ),
    "9F46": (
        ISSUER,
        known("cert_9F46", CHAIN["icc"]),
        STATIC,
        lambda k: sm2_icc_certificate(
            ISSUER, ICC, CHAIN["pan"], EXPIRY, b"\x00\x02\x02", STATIC, k
        ),
    ),
    "93": (
        ISSUER,
        known("ssad_93"),
        STATIC,
        lambda k: sm2_sign_static(ISSUER, b"\xda\xc1", STATIC, k),
    ),
    "9F4B fDDA 00": (
        ICC,
        known("sdad_v00"),
        TAILS["v00"],
        lambda k: sm2_sign_dynamic(ICC, known("atc"), TAILS["v00"], nonce=k),
    ),
    "9F4B fDDA 01": (
        ICC,
        known("sdad_v01"),
        TAILS["v01"],
        lambda k: sm2_sign_dynamic(ICC, known("atc"), TAILS["v01"], nonce=k),
    ),
    "9F4B CDA": (
        ICC,
        known("sdad", CHAIN["cda"]),
        known("un_9F37"),
        lambda k: sm2_sign_dynamic(ICC, known("atc"), known("un_9F37"), CDA, k),
    ),
}


def nonce_of(key: Sm2Key, signature: bytes) -> int:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return (s * (1 + key.d) + r * key.d) % sm2.N


def holds(key: Sm2Key, signed: bytes, outside: bytes) -> bool:
    return sm2.verify(key.point, signed[:-64] + outside, signed[-64:])


@pytest.mark.parametrize("name", MADE)
def test_vector_chain_byte_for_byte(name: str) -> None:
    key, published, outside, make = MADE[name]
    assert holds(key, published, outside)
    assert make(nonce_of(key, published[-64:])) == published


@pytest.mark.parametrize("name", MADE)
def test_own_nonce_changes_the_signature_alone(name: str) -> None:
    key, published, outside, make = MADE[name]
    made = make(None)
    assert made[:-64] == published[:-64] and made != published
    assert len(made) == len(published)
    assert holds(key, made, outside)
    assert make(None) == made


@pytest.mark.parametrize(
    ("name", "size"),
    [("90", 142), ("9F46", 148), ("93", 67), ("9F4B fDDA 01", 69), ("9F4B CDA", 110)],
)
def test_lengths(name: str, size: int) -> None:
    assert len(MADE[name][3](None)) == size


@pytest.mark.parametrize("name", MADE)
def test_any_changed_byte_breaks_the_signature(name: str) -> None:
    key, published, outside, _ = MADE[name]
    message = published[:-64] + outside
    for at in {*range(0, len(message), 11), 0, 1, 2, len(message) - 1}:
        wrong = message[:at] + bytes([message[at] ^ 0x01]) + message[at + 1 :]
        assert not sm2.verify(key.point, wrong, published[-64:]), at
    assert not sm2.verify(key.point, message[:-1], published[-64:])
    for other in (CA, ISSUER, ICC):
        assert sm2.verify(other.point, message, published[-64:]) is (other is key)


def test_intermediate_values() -> None:
    assert CA.za.hex().upper() == CHAIN["ca"]["za"]
    body = known("cert_90", CHAIN["issuer"])[:78]
    assert sm2.sm3(CA.za, body).hex().upper() == CHAIN["issuer"]["e"]
    cda = CHAIN["cda"]
    assert sm2.sm3(known("cdol1_data", cda), known("response_tlvs", cda)) == known("hash", cda)


def test_vector_ca_signs_itself() -> None:
    ca = CHAIN["ca"]
    message = known("self_signed", ca)
    body = layouts.SM2_CA_BODY.parse(message)
    assert body.rid.hex().upper() == CHAIN["rid"] and body.index == 0xF7
    assert body.expiry == EXPIRY and body.point == CA.point
    assert layouts.SM2_CA_BODY.build(body) == message
    signature = known("self_signature", ca)
    assert sm2.verify(CA.point, message, signature)
    assert sm2_sign(CA, message, b"", nonce_of(CA, signature)) == message + signature


def test_short_issuer_identifier_is_filled_with_f() -> None:
    made = sm2_issuer_certificate(CA, ISSUER, "620", EXPIRY, b"\x00\x01\x01")
    assert made[1:5].hex() == "620fffff"


def test_certificates_parse() -> None:
    issuer = layouts.SM2_ISSUER_BODY.parse(MADE["90"][1][:78])
    assert issuer.identifier.hex() == "62000012" and issuer.serial == b"\x00\x01\x01"
    assert issuer.point == ISSUER.point and issuer.expiry == EXPIRY
    icc = layouts.SM2_ICC_BODY.parse(MADE["9F46"][1][:84])
    assert icc.pan.hex() == f"{CHAIN['pan']}ffff" and icc.point == ICC.point
    dynamic = layouts.SM2_DYNAMIC_BODY.parse(MADE["9F4B CDA"][1][:-64])
    assert dynamic.data.number == known("atc") and dynamic.data.more == CDA


# cards of the field


def test_transport_cards_hold_together() -> None:
    card = VECTORS["transport_card"]
    issuer = layouts.SM2_ISSUER_BODY.parse(known("cert_90", card)[:78])
    assert sm2.on_curve(issuer.point)
    assert len(card["uses"]) == 2
    for use in card["uses"]:
        static = known("record", use) + known("aip", card)
        for name in ("cert_9F46", "ssad_93"):
            signed = known(name, use)
            assert sm2.verify(issuer.point, signed[:-64] + static, signed[-64:])
            for wrong in (known("record", use), known("aip", card), static[1:]):
                assert not sm2.verify(issuer.point, signed[:-64] + wrong, signed[-64:])
        icc = layouts.SM2_ICC_BODY.parse(known("cert_9F46", use)[:84])
        assert icc.pan.hex().rstrip("f") == card["pan"] and sm2.on_curve(icc.point)


# OpenSSL


@pytest.mark.skipif(not openssl.usable(), reason="no openssl command with SM2")
@pytest.mark.parametrize("name", MADE)
@pytest.mark.unmasked("file", "what OpenSSL is asked about")
def test_openssl_accepts_what_the_issuer_signs(name: str, tmp_path: Path) -> None:
    key, published, outside, make = MADE[name]
    for signed in (published, make(None)):
        message = signed[:-64] + outside
        assert openssl.verify(tmp_path, key.point, message, signed[-64:])
    assert not openssl.verify(tmp_path, key.point, message + b"\x00", signed[-64:])
