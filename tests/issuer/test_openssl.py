"""OpenSSL's command line recovers what the issuer signs with RSA and accepts its SM2 signatures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tapkern.issuer import layouts
from tapkern.issuer.certificates import (
    fdda_tail,
    icc_certificate,
    issuer_certificate,
    sign_dynamic,
    sm2_icc_certificate,
    sm2_issuer_certificate,
    sm2_sign_dynamic,
)
from tapkern.issuer.keyfile import IssuerKeys
from tapkern.issuer.keys import rsa_key, rsa_names, sm2_key
from tapkern.issuer.make import new_issuer
from tapkern.issuer.rsa import RsaKey
from tests.issuer import openssl
from tests.issuer.peers import needs_openssl
from tests.issuer.test_certificates import pairs

pytestmark = needs_openssl

PAN = "6200000000000001016"
EXPIRY, SERIAL = bytes.fromhex("1249"), bytes.fromhex("000001")
STATIC = b"static data"
TAILS = {
    "00": fdda_tail(bytes(4), b"", b"", None),
    "01": fdda_tail(bytes(4), bytes(6), bytes.fromhex("0156"), bytes(8)),
}


def check(folder: Path, key: RsaKey, signature: bytes, outside: bytes) -> bytes:
    """The body of the block that OpenSSL recovers, after its hash was compared."""
    block = openssl.recover(folder, key.modulus, key.exponent, signature)
    assert len(block) == key.size and block[:1] == b"\x6a" and block[-1:] == b"\xbc"
    body = block[1:-21]
    assert hashlib.sha1(body + outside).digest() == block[-21:-1]
    return body


def check_issuer(folder: Path, ca: RsaKey, issuer: RsaKey) -> None:
    made = issuer_certificate(ca, issuer, "620000", EXPIRY, SERIAL)
    body = layouts.ISSUER_BODY.parse(
        check(folder, ca, made.certificate, made.remainder + made.exponent)
    )
    part = body.modulus_part[: issuer.size]
    assert part + made.remainder == issuer.modulus
    assert (body.modulus_length, body.exponent_length) == (issuer.size, len(issuer.exponent))


def check_icc(folder: Path, issuer: RsaKey, icc: RsaKey) -> None:
    made = icc_certificate(issuer, icc, PAN, EXPIRY, SERIAL, STATIC)
    outside = made.remainder + made.exponent + STATIC
    body = layouts.ICC_BODY.parse(check(folder, issuer, made.certificate, outside))
    assert body.modulus_part[: icc.size] + made.remainder == icc.modulus
    assert body.pan.hex() == PAN + "f"


@pytest.mark.parametrize(("ca", "issuer"), [*pairs("ca", "issuer"), ("vector-ca", "vector-issuer")])
def test_issuer_certificates(ca: str, issuer: str, tmp_path: Path) -> None:
    check_issuer(tmp_path, rsa_key(ca), rsa_key(issuer))


@pytest.mark.parametrize(
    ("issuer", "icc"), [*pairs("issuer", "icc"), ("vector-issuer", "vector-icc")]
)
@pytest.mark.unmasked("file", "what OpenSSL is asked about")
def test_icc_certificates(issuer: str, icc: str, tmp_path: Path) -> None:
    check_icc(tmp_path, rsa_key(issuer), rsa_key(icc))


@pytest.mark.parametrize("icc", [name for name in rsa_names() if "icc" in name])
@pytest.mark.parametrize("version", TAILS)
def test_dynamic_signatures(icc: str, version: str, tmp_path: Path) -> None:
    key = rsa_key(icc)
    signature = sign_dynamic(key, b"\x00\x07", TAILS[version])
    body = layouts.DYNAMIC_BODY.parse(check(tmp_path, key, signature, TAILS[version]))
    assert body.data.number == b"\x00\x07"
    changed = signature[:-1] + bytes([signature[-1] ^ 1])
    with pytest.raises(AssertionError):
        check(tmp_path, key, changed, TAILS[version])


@pytest.fixture(scope="module", params=[(1024, 1024), (1984, 1408), (1152, 896)])
def made(request: pytest.FixtureRequest) -> IssuerKeys:
    ca_bits, issuer_bits = request.param
    return new_issuer("fresh", ca_bits=ca_bits, issuer_bits=issuer_bits)


@pytest.mark.unmasked("file", "what OpenSSL is asked about")
def test_a_fresh_issuer(made: IssuerKeys, tmp_path: Path) -> None:
    assert made.rsa is not None
    check_issuer(tmp_path, made.rsa.ca, made.rsa.issuer)
    check_icc(tmp_path, made.rsa.issuer, rsa_key("icc-896"))


def test_a_fresh_sm2_issuer(made: IssuerKeys, tmp_path: Path) -> None:
    """Its CA's record, the certificates of issuer and card, and what the card signs."""
    assert made.sm2 is not None
    ca, issuer, icc = made.sm2.ca, made.sm2.issuer, sm2_key("icc-sm2")
    record = made.ca_keys()[-1]
    assert openssl.verify(tmp_path, ca.point, record.self_signed, record.self_signature)
    signed = [
        (ca, sm2_issuer_certificate(ca, issuer, "620000", EXPIRY, SERIAL), b""),
        (issuer, sm2_icc_certificate(issuer, icc, PAN, EXPIRY, SERIAL, STATIC), STATIC),
        *((icc, sm2_sign_dynamic(icc, b"\x00\x07", tail), tail) for tail in TAILS.values()),
    ]
    for key, whole, outside in signed:
        message, signature = whole[:-64] + outside, whole[-64:]
        assert openssl.verify(tmp_path, key.point, message, signature)
        assert not openssl.verify(tmp_path, key.point, message + b"\x00", signature)
