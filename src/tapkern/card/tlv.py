"""BER-TLV of this side (`issuer.tlv`) and the data object lists of a card."""

from __future__ import annotations

from tapkern.issuer.tlv import (
    decode,
    decode_length,
    decode_tag,
    encode,
    encode_length,
    encode_tag,
)

__all__ = [
    "decode",
    "decode_dol",
    "decode_length",
    "decode_tag",
    "encode",
    "encode_length",
    "encode_tag",
]


def decode_dol(data: bytes) -> list[tuple[int, int]]:
    """The (tag, length) pairs of a data object list, whose lengths are plain bytes."""
    found = []
    at = 0
    while at < len(data):
        tag, at = decode_tag(data, at)
        if at >= len(data):
            raise ValueError(f"the list ends without a length for {tag:X}")
        found.append((tag, data[at]))
        at += 1
    return found
