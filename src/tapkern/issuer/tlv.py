"""BER-TLV of the card's and the issuer's side: small, strict, and its own.

The kernel has another reader; sharing none is what makes one test the other. Tags are integers
(0x9F79), lengths are written in their shortest form. Malformed input raises ValueError.
"""

from __future__ import annotations


def encode_tag(tag: int) -> bytes:
    """The bytes of a tag."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


def encode_length(length: int) -> bytes:
    """The shortest form of a length up to 65535."""
    if length < 0x80:
        return bytes([length])
    return bytes([0x81, length]) if length < 0x100 else b"\x82" + length.to_bytes(2, "big")


def encode(tag: int, value: bytes) -> bytes:
    """One object."""
    return encode_tag(tag) + encode_length(len(value)) + value


def decode_tag(data: bytes, at: int) -> tuple[int, int]:
    """The tag that starts at `at` and the offset behind it."""
    end = at + 1
    if data[at : at + 1] and data[at] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if not at < end <= len(data):
        raise ValueError(f"no complete tag at offset {at}")
    return int.from_bytes(data[at:end], "big"), end


def decode_length(data: bytes, at: int) -> tuple[int, int]:
    """The length field that starts at `at` and the offset behind it."""
    if at >= len(data):
        raise ValueError(f"no length at offset {at}")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    end = at + 1 + (first & 0x7F)
    if first not in (0x81, 0x82) or end > len(data):
        raise ValueError(f"no valid length at offset {at}")
    return int.from_bytes(data[at + 1 : end], "big"), end


def decode(data: bytes) -> list[tuple[int, bytes]]:
    """The objects that `data` consists of, in order; nothing may be left over."""
    found = []
    at = 0
    while at < len(data):
        tag, at = decode_tag(data, at)
        length, at = decode_length(data, at)
        if length > len(data) - at:
            raise ValueError(f"object {tag:X} ends behind the data")
        found.append((tag, data[at : at + length]))
        at += length
    return found
