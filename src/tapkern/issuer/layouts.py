"""Byte layouts that the issuer signs or reads, with `construct`.

Certificates and signatures in the form before the private operation; 9F10. The hash of a block is
over its `body` (everything between header and hash) and data that is not in the block.
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
DYNAMIC_OVERHEAD = 25
"""Bytes of a dynamic signature that are neither dynamic data nor filler."""

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

# Body of tag 9F4B; the dynamic number of a contactless signature is the ATC.
DYNAMIC_BODY = Struct(
    "format" / Const(b"\x05"),
    "hash_algorithm" / Const(SHA1, Byte),
    "data" / Prefixed(Byte, Struct("number" / Prefixed(Byte, GreedyBytes), "more" / GreedyBytes)),
    "filler" / GreedyBytes,
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
