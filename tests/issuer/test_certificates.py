"""Certificates and signatures: the vectors byte for byte, and every pair of key lengths."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tapkern.errors import UsageError
from tapkern.issuer import layouts
from tapkern.issuer.authority import TestAuthority
from tapkern.issuer.certificates import (
    fdda_tail,
    icc_certificate,
    issuer_certificate,
    sign_dynamic,
)
from tapkern.issuer.keys import rsa_key, rsa_names
from tapkern.issuer.rsa import RsaKey

DATA = Path(__file__).parent.parent / "data"
EXPIRY = bytes.fromhex("1249")
SERIAL = bytes.fromhex("000001")


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "oda-vectors.json").read_text(encoding="utf-8"))
    return found


def recover(key: RsaKey, signature: bytes) -> bytes:
    return pow(int.from_bytes(signature, "big"), key.e, key.n).to_bytes(key.size, "big")


def sign_with_exponent(entry: dict[str, str], block: bytes) -> str:
    """The plain private operation, without the remainder theorem."""
    n, d = int(entry["modulus"], 16), int(entry["d"], 16)
    size = len(entry["modulus"]) // 2
    return pow(int.from_bytes(block, "big"), d, n).to_bytes(size, "big").hex().upper()


@pytest.mark.parametrize("role", ["ca", "issuer", "icc"])
def test_pool_holds_the_vector_keys(vectors: dict[str, Any], role: str) -> None:
    assert rsa_key(f"vector-{role}").modulus.hex().upper() == vectors[role]["modulus"]


def test_tv001_issuer_certificate(vectors: dict[str, Any]) -> None:
    issuer = vectors["issuer"]
    authority = TestAuthority("vector-ca")
    made = authority.certify(rsa_key("vector-issuer"), "620000", EXPIRY, SERIAL)
    assert made.certificate.hex().upper() == issuer["cert_90"]
    assert made.remainder.hex().upper() == issuer["remainder_92"]
    assert made.exponent == b"\x03"
    block = recover(rsa_key("vector-ca"), made.certificate)
    assert block.hex().upper() == issuer["cert_recovered"]
    assert sign_with_exponent(vectors["ca"], block) == issuer["cert_90"]


def test_tv001_icc_certificate(vectors: dict[str, Any]) -> None:
    icc = vectors["icc"]
    made = icc_certificate(
        rsa_key("vector-issuer"),
        rsa_key("vector-icc"),
        vectors["pan"],
        EXPIRY,
        bytes.fromhex("000002"),
        bytes.fromhex(vectors["static_data"]),
    )
    assert made.certificate.hex().upper() == icc["cert_9F46"]
    assert made.remainder.hex().upper() == icc["remainder_9F48"]
    block = recover(rsa_key("vector-issuer"), made.certificate)
    assert block.hex().upper() == icc["cert_recovered"]
    assert sign_with_exponent(vectors["issuer"], block) == icc["cert_9F46"]


@pytest.mark.parametrize("version", ["fdda_v00", "fdda_v01"])
def test_tv010_and_tv011_dynamic_signatures(vectors: dict[str, Any], version: str) -> None:
    dynamic = {name: bytes.fromhex(value) for name, value in vectors["dyn"].items()}
    card_data = dynamic["card_9F69"] if version == "fdda_v01" else None
    tail = fdda_tail(
        dynamic["un_9F37"], dynamic["amount_9F02"], dynamic["currency_5F2A"], card_data
    )
    assert tail.hex().upper() == vectors[version]["hash_input_tail"]
    made = sign_dynamic(rsa_key("vector-icc"), dynamic["ATC"], tail)
    assert made.hex().upper() == vectors[version]["sdad_9F4B"]
    assert recover(rsa_key("vector-icc"), made).hex().upper() == vectors[version]["recovered"]


def pairs(upper: str, lower: str) -> list[tuple[str, str]]:
    """Names of keys where the first can certify the second."""
    names = rsa_names()
    return [
        (high, low)
        for high in names
        for low in names
        if high.startswith(upper) and low.startswith(lower)
        if rsa_key(low).size <= rsa_key(high).size
    ]


@pytest.mark.parametrize(("ca", "issuer"), pairs("ca", "issuer"))
def test_issuer_certificates_of_all_lengths(ca: str, issuer: str) -> None:
    signer, subject = rsa_key(ca), rsa_key(issuer)
    made = issuer_certificate(signer, subject, "62001234", EXPIRY, SERIAL)
    block = layouts.BLOCK.parse(recover(signer, made.certificate), size=signer.size)
    body = layouts.ISSUER_BODY.parse(block.body)
    assert body.identifier.hex() == "62001234" and body.expiry == EXPIRY
    assert body.serial == SERIAL
    assert body.modulus_length == subject.size
    room = signer.size - 36
    assert len(made.remainder) == max(0, subject.size - room)
    assert len(body.modulus_part) == room
    modulus = body.modulus_part[: min(room, subject.size)] + made.remainder
    assert modulus == subject.modulus
    assert set(body.modulus_part[subject.size :]) <= {0xBB}
    assert block.hash == hashlib.sha1(block.body + made.remainder + made.exponent).digest()


@pytest.mark.parametrize(("issuer", "icc"), pairs("issuer", "icc"))
def test_icc_certificates_of_all_lengths(issuer: str, icc: str) -> None:
    signer, subject = rsa_key(issuer), rsa_key(icc)
    static = b"static data"
    made = icc_certificate(signer, subject, "6200000000000001016", EXPIRY, SERIAL, static)
    block = layouts.BLOCK.parse(recover(signer, made.certificate), size=signer.size)
    body = layouts.ICC_BODY.parse(block.body)
    assert body.pan.hex() == "6200000000000001016f"
    assert body.modulus_length == subject.size
    room = signer.size - 42
    assert len(made.remainder) == max(0, subject.size - room)
    modulus = body.modulus_part[: min(room, subject.size)] + made.remainder
    assert modulus == subject.modulus
    outside = made.remainder + made.exponent + static
    assert block.hash == hashlib.sha1(block.body + outside).digest()


def test_a_key_longer_than_its_signer_is_refused() -> None:
    with pytest.raises(UsageError, match=r"issuer-1408 is longer than key ca-1024"):
        issuer_certificate(rsa_key("ca-1024"), rsa_key("issuer-1408"), "620000", EXPIRY, SERIAL)
    with pytest.raises(UsageError, match=r"icc-1152 is longer than key issuer-896"):
        icc_certificate(
            rsa_key("issuer-896"), rsa_key("icc-1152"), "6200000000000001016", EXPIRY, SERIAL, b""
        )


def test_dynamic_layout_parses_what_is_signed() -> None:
    key = rsa_key("icc-1024")
    signed = sign_dynamic(key, b"\x00\x11", b"tail")
    block = layouts.BLOCK.parse(recover(key, signed), size=key.size)
    body = layouts.DYNAMIC_BODY.parse(block.body)
    assert body.data.number == b"\x00\x11" and body.data.more == b""
    assert len(body.filler) == key.size - 25 - 3
    assert block.hash == hashlib.sha1(block.body + b"tail").digest()
