"""BER-TLV and DOL reading of the second side: file 10, TLV-001...TLV-014 and DOL-001...DOL-014."""

from __future__ import annotations

from collections.abc import Iterator


class Malformed(Exception):
    """A coding error in a TLV string or a DOL."""


def _tag_end(data: bytes, at: int) -> int:
    end = at + 1
    if data[at] & 0x1F == 0x1F:
        while True:
            if end >= len(data) or end - at >= 4:
                raise Malformed(f"tag at offset {at} has no end")
            end += 1
            if not data[end - 1] & 0x80:
                break
    return end


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The length coded at this offset and the offset behind it."""
    if at >= len(data):
        raise Malformed(f"no length at offset {at}")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    more = first - 0x80
    if more not in (1, 2) or at + 1 + more > len(data):
        raise Malformed(f"length {first:02X} at offset {at}")
    return int.from_bytes(data[at + 1 : at + 1 + more], "big"), at + 1 + more


def scan(data: bytes, skip_ff: bool = True) -> Iterator[tuple[str, bytes, bytes]]:
    """(tag, value, raw bytes) of each object in order; 00 at a tag position is padding (TLV-011).

    skip_ff: so is FF (TLV-014).
    """
    at = 0
    while at < len(data):
        if data[at] == 0x00 or (skip_ff and data[at] == 0xFF):
            at += 1
            continue
        value = _tag_end(data, at)
        tag = data[at:value].hex().upper()
        length, value = _length(data, value)
        if length > len(data) - value:
            raise Malformed(f"object at offset {at} is longer than the data")
        yield tag, data[value : value + length], data[at : value + length]
        at = value + length


def objects(data: bytes, skip_ff: bool = True) -> list[tuple[str, bytes, bytes]]:
    """All objects of `scan`; raises Malformed when one of them is."""
    return list(scan(data, skip_ff))


def only(data: bytes, tag: str) -> bytes:
    """The value of the one object that fills data from its first to its last byte (TLV-016)."""
    if not data or data[0] in (0x00, 0xFF):
        raise Malformed("no object at the first byte")
    end = _tag_end(data, 0)
    length, value = _length(data, end)
    if data[:end].hex().upper() != tag or value + length != len(data):
        raise Malformed(f"not one object {tag}")
    return data[value:]


def encode(tag: str, value: bytes) -> bytes:
    """One object with a minimal length."""
    n = len(value)
    length = [n] if n < 0x80 else [0x81, n] if n < 0x100 else [0x82, n >> 8, n & 0xFF]
    return bytes.fromhex(tag) + bytes(length) + value


def dol(data: bytes) -> list[tuple[str, int]]:
    """(tag, length) of each entry of a data object list."""
    found = []
    at = 0
    while at < len(data):
        end = _tag_end(data, at)
        if end >= len(data):
            raise Malformed(f"entry at offset {at} has no length")
        found.append((data[at:end].hex().upper(), data[end]))
        at = end + 1
    return found
