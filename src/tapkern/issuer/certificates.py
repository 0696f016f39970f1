"""Certificates and signatures of both chains: tags 90/92, 9F46/9F48, 93 and 9F4B.

Byte layouts in `layouts`. RSA: every signature is a raw operation over a block with SHA-1 inside.
SM2: plain data with r and s behind; a `nonce` is for vectors, without one it follows from key and
message.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from tapkern.errors import UsageError
from tapkern.issuer import layouts, sm2
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certified public key as a card carries it: certificate, remainder (may be empty), e."""

    certificate: bytes
    remainder: bytes
    exponent: bytes


def sign_block(key: RsaKey, body: bytes, outside: bytes) -> bytes:
    """Sign `body`, hashed together with the bytes that stay outside of the block."""
    digest = hashlib.sha1(body + outside, usedforsecurity=False).digest()
    return key.sign(layouts.HEADER + body + digest + layouts.TRAILER)


def _split(key: RsaKey, room: int, signer: RsaKey) -> tuple[bytes, bytes]:
    """The part of a modulus that fits the certificate, filled up, and the remainder."""
    if key.size > signer.size:
        raise UsageError(
            f"key {key.name} is longer than key {signer.name}, which certifies it",
            "keys",
            "take a shorter key or a longer signer",
        )
    return key.modulus[:room].ljust(room, layouts.FILLER), key.modulus[room:]


@lru_cache(maxsize=256)
def issuer_certificate(
    ca: RsaKey, issuer: RsaKey, identifier: str, expiry: bytes, serial: bytes
) -> Certificate:
    """Certify an issuer key: tag 90, 92 and 9F32.

    identifier: 3 to 8 leftmost PAN digits; expiry: MMYY in 2 BCD bytes; serial: 3 bytes.
    """
    part, remainder = _split(issuer, ca.size - layouts.ISSUER_OVERHEAD, ca)
    body = layouts.ISSUER_BODY.build(
        {
            "identifier": bytes.fromhex(identifier.ljust(8, "F")),
            "expiry": expiry,
            "serial": serial,
            "modulus_length": issuer.size,
            "exponent_length": len(issuer.exponent),
            "modulus_part": part,
        }
    )
    return Certificate(
        sign_block(ca, body, remainder + issuer.exponent), remainder, issuer.exponent
    )


@lru_cache(maxsize=256)
def icc_certificate(
    issuer: RsaKey, icc: RsaKey, pan: str, expiry: bytes, serial: bytes, static_data: bytes
) -> Certificate:
    """Certify a card key: tag 9F46, 9F48 and 9F47.

    static_data: what the terminal collects from the flagged records, with the AIP if 9F4A says so.
    """
    part, remainder = _split(icc, issuer.size - layouts.ICC_OVERHEAD, issuer)
    body = layouts.ICC_BODY.build(
        {
            "pan": bytes.fromhex(pan.ljust(20, "F")),
            "expiry": expiry,
            "serial": serial,
            "modulus_length": icc.size,
            "exponent_length": len(icc.exponent),
            "modulus_part": part,
        }
    )
    outside = remainder + icc.exponent + static_data
    return Certificate(sign_block(issuer, body, outside), remainder, icc.exponent)


def sign_dynamic(icc: RsaKey, number: bytes, tail: bytes) -> bytes:
    """Signed dynamic application data, tag 9F4B, `icc.size` bytes.

    number: the ICC dynamic number, for a contactless signature the ATC. tail: what the terminal
    adds to the hash; see `fdda_tail`. Every purchase comes by here, so the block of
    `layouts.DYNAMIC_BODY` is put together without `construct`.
    """
    size = len(number)
    head = b"\x05\x01" + bytes([size + 1, size]) + number
    filler = layouts.FILLER * (icc.size - layouts.DYNAMIC_OVERHEAD - 1 - size)
    return sign_block(icc, head + filler, tail)


def fdda_tail(number: bytes, amount: bytes, currency: bytes, card_data: bytes | None) -> bytes:
    """Hash tail of fast DDA from 9F37, 9F02, 5F2A and 9F69.

    Version 01 signs all of them; without 9F69 it is version 00, which signs 9F37 alone.
    """
    return number if card_data is None else b"".join((number, amount, currency, card_data))


def sm2_sign(key: Sm2Key, body: bytes, outside: bytes, nonce: int | None = None) -> bytes:
    """`body` with its signature behind, which also covers the bytes that stay outside."""
    message = body + outside
    return body + sm2.sign(key, message, sm2.nonce_for(key, message) if nonce is None else nonce)


@lru_cache(maxsize=256)
def sm2_issuer_certificate(
    ca: Sm2Key,
    issuer: Sm2Key,
    identifier: str,
    expiry: bytes,
    serial: bytes,
    nonce: int | None = None,
) -> bytes:
    """Certify an issuer key: tag 90, 142 bytes; arguments as `issuer_certificate`."""
    body = layouts.SM2_ISSUER_BODY.build(
        {
            "identifier": bytes.fromhex(identifier.ljust(8, "F")),
            "expiry": expiry,
            "serial": serial,
            "point": issuer.point,
        }
    )
    return sm2_sign(ca, body, b"", nonce)


@lru_cache(maxsize=256)
def sm2_icc_certificate(
    issuer: Sm2Key,
    icc: Sm2Key,
    pan: str,
    expiry: bytes,
    serial: bytes,
    static_data: bytes,
    nonce: int | None = None,
) -> bytes:
    """Certify a card key: tag 9F46, 148 bytes; arguments as `icc_certificate`."""
    body = layouts.SM2_ICC_BODY.build(
        {
            "pan": bytes.fromhex(pan.ljust(20, "F")),
            "expiry": expiry,
            "serial": serial,
            "point": icc.point,
        }
    )
    return sm2_sign(issuer, body, static_data, nonce)


def sm2_sign_static(
    issuer: Sm2Key, code: bytes, static_data: bytes, nonce: int | None = None
) -> bytes:
    """Signed static application data, tag 93, 67 bytes; `code` is 9F45, 2 bytes."""
    body = layouts.SM2_STATIC_BODY.build({"code": code})
    return sm2_sign(issuer, body, static_data, nonce)


def sm2_sign_dynamic(
    icc: Sm2Key, number: bytes, tail: bytes, more: bytes = b"", nonce: int | None = None
) -> bytes:
    """Signed dynamic application data, tag 9F4B, 66 bytes and the dynamic data.

    number, tail: as in `sign_dynamic`. more: what CDA puts behind the number (CID, cryptogram,
    transaction hash).
    """
    body = layouts.SM2_DYNAMIC_BODY.build({"data": {"number": number, "more": more}})
    return sm2_sign(icc, body, tail, nonce)
