"""The two TLV corpora, the same bytes on every machine.

small: 28 hand-shaped messages of a tap, which a branch predictor learns by heart: the best case.
big: 4,096 messages of random layout, which it cannot learn: the honest case.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from tapkern.card.tlv import encode

BIG = 4096
ROOM = 360
"""Most bytes of a big message."""

# tag:length of a value, tag(...) of a template.
SMALL = (
    "6F(84:14 A5(BF0C(61(4F:8 50:10 87:1 9F2A:1))))",
    "6F(84:14 A5(BF0C(61(4F:8 50:10 87:1 9F2A:1) 61(4F:8 50:11 87:1 9F2A:1))))",
    "6F(84:14 A5(BF0C(61(4F:8 50:10 87:1) 61(4F:8 50:11 87:1) 61(4F:8 50:12 87:1))))",
    "6F(84:8 A5(50:10 87:1 9F38:24 5F2D:2 BF0C(9F4D:2 DF4D:2 DF61:1)))",
    "6F(84:8 A5(50:11 87:1 9F38:27 5F2D:4 9F11:1 9F12:14 BF0C(9F4D:2 DF4D:2)))",
    "6F(84:7 A5(50:4 87:1 9F38:3 5F2D:2 9F11:1 9F12:12 BF0C(9F5A:5 9F4D:2)))",
    "77(82:2 94:8 9F36:2 57:17 9F10:19 9F26:8 9F6C:2 5F34:1)",
    "77(82:2 9F36:2 57:18 9F10:19 9F26:8 9F6C:2 5F34:1 9F5D:6 9F27:1)",
    "77(82:2 94:12 9F36:2 57:18 9F10:24 9F26:8 9F6C:2 5F34:1 9F5D:6 9F4B:128)",
    "77(82:2 94:4 9F36:2 9F10:8 9F26:8 9F27:1 9F4B:96)",
    "70(5A:8 5F24:3 5F25:3 5F28:2 9F07:2 5F34:1 9F08:2 9F0D:5 9F0E:5 9F0F:5 8E:14 9F4A:1)",
    "70(57:19 5F20:15 9F1F:24 9F61:18 9F62:1 5F30:2 9F63:16)",
    "70(5A:10 5F24:3 5F25:3 5F28:2 9F07:2 9F0D:5 9F0E:5 9F0F:5 8E:14 9F4A:1)",
    "70(8C:27 8D:26 9F0D:5 9F0E:5 9F0F:5 5F24:3 5F28:2 8E:12 9F49:3)",
    "70(8F:1 90:144 9F32:1)",
    "70(8F:1 90:176 92:4 9F32:1)",
    "70(90:248)",
    "70(8F:1 92:36 9F32:3 9F4A:1 9F47:1 9F48:42 9F49:3)",
    "70(9F46:128 9F47:1 9F48:42)",
    "70(9F46:144 9F47:1 9F48:10)",
    "70(9F46:176 9F47:3 9F49:3)",
    "70(8F:1 90:144 9F46:80 9F47:1)",
    "70(9F4B:144)",
    "70(9F69:8 9F74:6 5F24:3 5F25:3 9F08:2 9F51:2 DF4D:2 9F14:1 9F23:1 9F6D:8)",
    "9F26:8 9F27:1 9F10:19 9F37:4 9F36:2 95:5 9A:3 9C:1 9F02:6 5F2A:2 82:2 9F1A:2 9F03:6 9F33:3 "
    "9F34:3 9F35:1 9F1E:8 84:8 9F09:2 9F41:4 9F63:16",
    "71(9F18:4 86:15 86:21) 72(9F18:4 86:32) 91:10 8A:2",
    "72(9F18:4 86:15 86:28 86:13) 91:10 8A:2",
    "FF8105(9F26:8 9F27:1 9F10:19 9F36:2 57:17 5F34:1 95:5 DF8129:8) FF8106(DF8115:6 9F6E:32)",
)

TEMPLATES = (0x61, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x77, 0xA5, 0xBF0C, 0xE1, 0xFF8105, 0xFF8106)
VALUES = (
    0x42, 0x4F, 0x50, 0x57, 0x5A, 0x82, 0x84, 0x87, 0x8A, 0x8C, 0x8D, 0x8E, 0x90, 0x91, 0x94, 0x95,
    0x9A, 0x9C, 0x5F20, 0x5F24, 0x5F25, 0x5F28, 0x5F2A, 0x5F2D, 0x5F34, 0x9F02, 0x9F07, 0x9F08,
    0x9F09, 0x9F10, 0x9F1A, 0x9F26, 0x9F27, 0x9F33, 0x9F36, 0x9F37, 0x9F46, 0x9F4B, 0x9F69, 0x9F6C,
    0xDF61, 0xDF69, 0xDF8101, 0xDF8115, 0xDF8129,
)  # fmt: skip


class Stream:
    """Reproducible numbers: only `getrandbits`, which is alike in every Python version."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        return self._random.getrandbits(8 * count).to_bytes(count, "big")

    def between(self, low: int, high: int) -> int:
        """A number from low to high."""
        return low + self._random.getrandbits(32) % (high - low + 1)


def small() -> list[bytes]:
    """The 28 hand-shaped messages; values are random bytes."""
    stream = Stream("small")
    return [_shaped(iter(re.findall(r"[0-9A-F]+\(|[0-9A-F]+:\d+|\)", s)), stream) for s in SMALL]


def _shaped(words: Iterator[str], stream: Stream) -> bytes:
    """Objects up to the end of a template."""
    made = b""
    for word in words:
        if word == ")":
            break
        tag = int(word.rstrip("(").split(":")[0], 16)
        value = (
            _shaped(words, stream)
            if word.endswith("(")
            else stream.take(int(word.partition(":")[2]))
        )
        made += encode(tag, value)
    return made


def big(count: int = BIG) -> list[bytes]:
    """Messages of random layout, each of at most ROOM bytes."""
    stream = Stream("big")
    found: list[bytes] = []
    while len(found) < count:
        message = b"".join(_template(stream, 0) for _ in range(stream.between(1, 2)))
        if len(message) <= ROOM:
            found.append(message)
    return found


def _template(stream: Stream, depth: int) -> bytes:
    """A template with two to twelve objects in it."""
    inside = b""
    for _ in range(stream.between(2, 12)):
        if depth < 4 and stream.between(0, 7) == 0:
            inside += _template(stream, depth + 1)
        else:
            inside += encode(VALUES[stream.between(0, len(VALUES) - 1)], _value(stream))
    return encode(TEMPLATES[stream.between(0, len(TEMPLATES) - 1)], inside)


def _value(stream: Stream) -> bytes:
    """Short values mostly, a long one now and then."""
    kind = stream.between(0, 99)
    if kind < 70:
        return stream.take(stream.between(1, 8))
    if kind < 95:
        return stream.take(stream.between(9, 24))
    return stream.take(stream.between(25, 176))
