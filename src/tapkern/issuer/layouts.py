"""Byte layouts that the issuer signs or reads, with `construct`.

RSA certificates and signatures in the form before the private operation: the hash of a block is
over its `body` (everything between header and hash) and data that is not in the block. SM2 ones as
the card carries them, without the signature that follows. 9F10.
"""

from __future__ import annotations

from construct import (
    Byte,
    Bytes,
    Const,
    GreedyBytes,
    If,
    IfThenElse,
    Optional,
    Prefixed,
    Rebuild,
    Struct,
    len_,
    this,
)

HEADER = b"\x6a"
TRAILER = b"\xbc"
FILLER = b"\xbb"
SHA1 = 1
RSA = 1
HASH_SIZE = 20

ISSUER_OVERHEAD = 36
"""Bytes of an issuer certificate that are not key: NCA - 36 bytes of the key fit."""
ICC_OVERHEAD = 42
"""Bytes of an ICC certificate that are not key."""
STATIC_OVERHEAD = 26
"""Bytes of a static signature that are not filler."""
DYNAMIC_OVERHEAD = 25
"""Bytes of a dynamic signature that are neither dynamic data nor filler."""
SM2_DYNAMIC_OVERHEAD = 66
"""Bytes of an SM2 dynamic signature that are not dynamic data."""

# A signed block of any kind, the body as one piece.
BLOCK = Struct(
    "header" / Const(HEADER),
    "body" / Bytes(this._.size - HASH_SIZE - 2),
    "hash" / Bytes(HASH_SIZE),
    "trailer" / Const(TRAILER),
)

# Body of tag 90.
ISSUER_BODY = Struct(
    "format" / Const(b"\x02"),
    "identifier" / Bytes(4),
    "expiry" / Bytes(2),
    "serial" / Bytes(3),
    "hash_algorithm" / Const(SHA1, Byte),
    "key_algorithm" / Const(RSA, Byte),
    "modulus_length" / Byte,
    "exponent_length" / Byte,
    "modulus_part" / GreedyBytes,
)

# Body of tag 9F46.
ICC_BODY = Struct(
    "format" / Const(b"\x04"),
    "pan" / Bytes(10),
    "expiry" / Bytes(2),
    "serial" / Bytes(3),
    "hash_algorithm" / Const(SHA1, Byte),
    "key_algorithm" / Const(RSA, Byte),
    "modulus_length" / Byte,
    "exponent_length" / Byte,
    "modulus_part" / GreedyBytes,
)

# Body of tag 93.
STATIC_BODY = Struct(
    "format" / Const(b"\x03"),
    "hash_algorithm" / Const(SHA1, Byte),
    "code" / Bytes(2),
    "filler" / GreedyBytes,
)

# Body of tag 9F4B; the dynamic number of a contactless signature is the ATC.
DYNAMIC_BODY = Struct(
    "format" / Const(b"\x05"),
    "hash_algorithm" / Const(SHA1, Byte),
    "data" / Prefixed(Byte, Struct("number" / Prefixed(Byte, GreedyBytes), "more" / GreedyBytes)),
    "filler" / GreedyBytes,
)

SM2_WITH_SM3 = 0x04
NO_ENCIPHERMENT = 0x00
SM2_CURVE = 0x11
SM2_POINT = 64

# What every SM2 certificate ends with before its signature.
_SM2_KEY = (
    "signature_algorithm" / Const(SM2_WITH_SM3, Byte),
    "encipherment" / Const(NO_ENCIPHERMENT, Byte),
    "curve" / Const(SM2_CURVE, Byte),
    "length" / Const(SM2_POINT, Byte),
    "point" / Bytes(SM2_POINT),
)

# Tag 90 in its SM2 form, 78 bytes.
SM2_ISSUER_BODY = Struct(
    "format" / Const(b"\x12"),
    "identifier" / Bytes(4),
    "expiry" / Bytes(2),
    "serial" / Bytes(3),
    *_SM2_KEY,
)

# Tag 9F46 in its SM2 form, 84 bytes.
SM2_ICC_BODY = Struct(
    "format" / Const(b"\x14"),
    "pan" / Bytes(10),
    "expiry" / Bytes(2),
    "serial" / Bytes(3),
    *_SM2_KEY,
)

# Tag 93 in its SM2 form, 3 bytes.
SM2_STATIC_BODY = Struct("format" / Const(b"\x13"), "code" / Bytes(2))

# Tag 9F4B in its SM2 form; the dynamic number of a contactless signature is the ATC.
SM2_DYNAMIC_BODY = Struct(
    "format" / Const(b"\x15"),
    "data" / Prefixed(Byte, Struct("number" / Prefixed(Byte, GreedyBytes), "more" / GreedyBytes)),
)

# What an SM2 CA key signs about itself, 80 bytes.
SM2_CA_BODY = Struct(
    "format" / Const(b"\x31"),
    "service_id" / Bytes(4),
    "rid" / Bytes(5),
    "index" / Byte,
    "expiry" / Bytes(2),
    "signature_algorithm" / Const(SM2_WITH_SM3, Byte),
    "curve" / Const(SM2_CURVE, Byte),
    "length" / Const(SM2_POINT, Byte),
    "point" / Bytes(SM2_POINT),
)

# Issuer discretionary data inside 9F10: one or two 5-byte values and a MAC.
DISCRETIONARY = Struct(
    "size" / Rebuild(Byte, len_(this.amounts) + 5),
    "id" / Byte,
    "amounts" / Bytes(this.size - 5),
    "mac" / Bytes(4),
)

# 9F10, issuer application data.
ISSUER_APPLICATION_DATA = Struct(
    "length" / Const(7, Byte),
    "key_index" / Byte,
    "version" / Byte,
    "cvr" / Bytes(4),
    "algorithm" / Byte,
    "discretionary"
    / IfThenElse(
        this._building,
        If(this.discretionary != None, DISCRETIONARY),  # noqa: E711 - an expression of construct
        Optional(DISCRETIONARY),
    ),
)
