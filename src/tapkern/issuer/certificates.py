"""Certificates and signatures of both chains: tags 90/92, 9F46/9F48, 93 and 9F4B.

Byte layouts in `layouts`. RSA: every signature is a raw operation over a block with SHA-1 inside.
SM2: plain data with r and s behind; a `nonce` is for vectors, without one it follows from key and
message. `altered` makes any of them wrong for test cards; nothing else uses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from tapkern.errors import UsageError
from tapkern.issuer import layouts, sm2
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

K = TypeVar("K", RsaKey, Sm2Key)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certified public key as a card carries it: certificate, remainder (may be empty), e."""

    certificate: bytes = field(repr=False)  # of a card: it holds the card number
    remainder: bytes
    exponent: bytes


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes that replace those at an offset (negative: from the end), or flip their bits."""

    at: int
    data: bytes = field(repr=False)  # it may be a card number
    flip: bool = False

    def apply(self, target: bytes) -> bytes:
        """The changed target; what would fall outside of it is left out."""
        changed = bytearray(target)
        start = self.at if self.at >= 0 else len(changed) + self.at
        for i, byte in enumerate(self.data, start):
            if 0 <= i < len(changed):
                changed[i] = changed[i] ^ byte if self.flip else byte
        return bytes(changed)


@dataclass(frozen=True, slots=True)
class Alteration:
    """How a certificate or signature is wrong on purpose; for test cards only.

    body: patches before hash and signature are made, so that these are right. outside: the same
    for what is signed along without being in the body. block: patches of the finished RSA block
    before the private operation, of r and s of SM2. signer: a key that signs instead. longer: the
    certified key may be longer than the one that signs.
    """

    body: tuple[Patch, ...] = ()
    outside: tuple[Patch, ...] = ()
    block: tuple[Patch, ...] = ()
    signer: RsaKey | Sm2Key | None = None
    longer: bool = False


Altered = tuple[Alteration, ...]


def _patched(target: bytes, patches: Iterable[Patch]) -> bytes:
    for patch in patches:
        target = patch.apply(target)
    return target


def _signer(key: K, altered: Altered) -> K:
    """The key that signs: another one only of the same family."""
    for one in altered:
        if isinstance(one.signer, type(key)):
            key = one.signer
    return key


def sign_block(key: RsaKey, body: bytes, outside: bytes, altered: Altered = ()) -> bytes:
    """Sign `body`, hashed together with the bytes that stay outside of the block."""
    body = _patched(body, (patch for one in altered for patch in one.body))
    outside = _patched(outside, (patch for one in altered for patch in one.outside))
    digest = hashlib.sha1(body + outside, usedforsecurity=False).digest()
    block = layouts.HEADER + body + digest + layouts.TRAILER
    block = _patched(block, (patch for one in altered for patch in one.block))
    return _signer(key, altered).sign(block)


def _split(key: RsaKey, room: int, signer: RsaKey, altered: Altered = ()) -> tuple[bytes, bytes]:
    """The part of a modulus that fits the certificate, filled up, and the remainder."""
    if key.size > signer.size and not any(one.longer for one in altered):
        raise UsageError(
            f"key {key.name} is longer than key {signer.name}, which certifies it",
            "keys",
            "take a shorter key or a longer signer",
        )
    return key.modulus[:room].ljust(room, layouts.FILLER), key.modulus[room:]


@lru_cache(maxsize=256)
def issuer_certificate(
    ca: RsaKey,
    issuer: RsaKey,
    identifier: str,
    expiry: bytes,
    serial: bytes,
    altered: Altered = (),
) -> Certificate:
    """Certify an issuer key: tag 90, 92 and 9F32.

    identifier: 3 to 8 leftmost PAN digits; expiry: MMYY in 2 BCD bytes; serial: 3 bytes.
    """
    part, remainder = _split(issuer, ca.size - layouts.ISSUER_OVERHEAD, ca, altered)
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
    outside = remainder + issuer.exponent
    return Certificate(sign_block(ca, body, outside, altered), remainder, issuer.exponent)


@lru_cache(maxsize=256)
def icc_certificate(
    issuer: RsaKey,
    icc: RsaKey,
    pan: str,
    expiry: bytes,
    serial: bytes,
    static_data: bytes,
    altered: Altered = (),
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
    return Certificate(sign_block(issuer, body, outside, altered), remainder, icc.exponent)


@lru_cache(maxsize=256)
def sign_static(issuer: RsaKey, code: bytes, static_data: bytes) -> bytes:
    """Signed static application data, tag 93, `issuer.size` bytes; `code` is 9F45, 2 bytes."""
    filler = layouts.FILLER * (issuer.size - layouts.STATIC_OVERHEAD)
    body: bytes = layouts.STATIC_BODY.build({"code": code, "filler": filler})
    return sign_block(issuer, body, static_data)


def sign_dynamic(
    icc: RsaKey, number: bytes, tail: bytes, more: bytes = b"", altered: Altered = ()
) -> bytes:
    """Signed dynamic application data, tag 9F4B, `icc.size` bytes.

    number: the ICC dynamic number, for a contactless signature the ATC. tail: what the terminal
    adds to the hash; see `fdda_tail`. more: what CDA puts behind the number (CID, cryptogram,
    transaction hash). Every purchase comes by here, so the block of `layouts.DYNAMIC_BODY` is put
    together without `construct`.
    """
    size = len(number)
    data = bytes([size]) + number + more
    head = b"\x05\x01" + bytes([len(data)]) + data
    filler = layouts.FILLER * (icc.size - layouts.DYNAMIC_OVERHEAD - len(data))
    return sign_block(icc, head + filler, tail, altered)


def transaction_hash(data: bytes) -> bytes:
    """What CDA of the RSA family signs of the data of a transaction (CDA-005), 20 bytes."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def fdda_tail(number: bytes, amount: bytes, currency: bytes, card_data: bytes | None) -> bytes:
    """Hash tail of fast DDA from 9F37, 9F02, 5F2A and 9F69.

    Version 01 signs all of them; without 9F69 it is version 00, which signs 9F37 alone.
    """
    return number if card_data is None else b"".join((number, amount, currency, card_data))


def sm2_sign(
    key: Sm2Key, body: bytes, outside: bytes, nonce: int | None = None, altered: Altered = ()
) -> bytes:
    """`body` with its signature behind, which also covers the bytes that stay outside."""
    body = _patched(body, (patch for one in altered for patch in one.body))
    outside = _patched(outside, (patch for one in altered for patch in one.outside))
    key, message = _signer(key, altered), body + outside
    pair = sm2.sign(key, message, sm2.nonce_for(key, message) if nonce is None else nonce)
    return body + _patched(pair, (patch for one in altered for patch in one.block))


@lru_cache(maxsize=256)
def sm2_issuer_certificate(
    ca: Sm2Key,
    issuer: Sm2Key,
    identifier: str,
    expiry: bytes,
    serial: bytes,
    nonce: int | None = None,
    altered: Altered = (),
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
    return sm2_sign(ca, body, b"", nonce, altered)


@lru_cache(maxsize=256)
def sm2_icc_certificate(
    issuer: Sm2Key,
    icc: Sm2Key,
    pan: str,
    expiry: bytes,
    serial: bytes,
    static_data: bytes,
    nonce: int | None = None,
    altered: Altered = (),
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
    return sm2_sign(issuer, body, static_data, nonce, altered)


def sm2_sign_static(
    issuer: Sm2Key, code: bytes, static_data: bytes, nonce: int | None = None
) -> bytes:
    """Signed static application data, tag 93, 67 bytes; `code` is 9F45, 2 bytes."""
    body = layouts.SM2_STATIC_BODY.build({"code": code})
    return sm2_sign(issuer, body, static_data, nonce)


def sm2_sign_dynamic(
    icc: Sm2Key,
    number: bytes,
    tail: bytes,
    more: bytes = b"",
    nonce: int | None = None,
    altered: Altered = (),
) -> bytes:
    """Signed dynamic application data, tag 9F4B, 66 bytes and the dynamic data.

    number, tail: as in `sign_dynamic`. more: what CDA puts behind the number (CID, cryptogram,
    transaction hash).
    """
    body = layouts.SM2_DYNAMIC_BODY.build({"data": {"number": number, "more": more}})
    return sm2_sign(icc, body, tail, nonce, altered)
