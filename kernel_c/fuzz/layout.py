"""What inputs of the fuzz targets look like: input.h, ride.c, terminal.h; and BER-TLV."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

TERMINAL, TAP = 0x20, 0x21
EVENTS = {
    "card": 1,
    "collision": 2,
    "timeout": 3,
    "cancel": 4,
    "answer": 5,
    "lost": 6,
    "done": 7,
    "found": 8,
    "not_found": 9,
    "failed": 10,
    "host": 11,
    "unsupported": 12,
}
CA_KEY, COMBINATION = 3, 2
SWITCHES, PROFILE = 0xDF8F02, 0xDF8F01
KNOWN_MAX = 96
"""Entries of known.h at most; references are one byte."""


def chunk(kind: int, data: bytes = b"", late: int = 0) -> bytes:
    """One chunk of input.h; late is in 100 ms."""
    return struct.pack(">BBH", kind, min(late, 0xFE), len(data)) + data


# ---- configurations ----


def entries(image: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of the entries of a sealed image."""
    at = 12
    while at < len(image):
        kind, length = image[at], int.from_bytes(image[at + 2 : at + 4], "big")
        yield kind, image[at + 4 : at + 4 + length]
        at += 4 + length


def objects(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of the objects of an entry; its lengths are well formed."""
    at = 0
    while at < len(body):
        tag, at = body[at], at + 1
        if tag & 0x1F == 0x1F:
            while True:
                tag, at = tag << 8 | body[at], at + 1
                if not body[at - 1] & 0x80:
                    break
        length, at = body[at], at + 1
        if length > 0x80:
            octets = length & 0x7F
            length, at = int.from_bytes(body[at : at + octets], "big"), at + octets
        yield tag, body[at : at + length]
        at += length


def tlv(tag: int, value: bytes) -> bytes:
    """A BER-TLV object."""
    size = len(value)
    length = bytes([size]) if size < 128 else b"\x81" + size.to_bytes(1 if size < 256 else 2, "big")
    if size > 255:
        length = b"\x82" + length[1:]
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + length + value


def switch_defaults() -> list[tuple[int, ...]]:
    """Per switch its value in each profile, from switches.def."""
    text = (ROOT / "kernel_c" / "switches.def").read_text("utf-8")
    rows = re.findall(r"^TAPK_SWITCH\((\d+), \w+, \"[^\"]+\", \d+, (\d+), (\d+), (\d+)", text, re.M)
    found = {int(number): tuple(map(int, values)) for number, *values in rows}
    return [found[i] for i in range(len(found))]


def as_added(kind: int, body: bytes, defaults: list[tuple[int, ...]]) -> bytes:
    """An entry as tapk_config_add takes it: switches are pairs of number and value."""
    if kind != COMBINATION:
        return body
    parts = dict(objects(body))
    profile = parts[PROFILE][0] - 1
    pairs = b"".join(
        bytes([number, value])
        for number, value in enumerate(parts.get(SWITCHES, b""))
        if value != defaults[number][profile]
    )
    return b"".join(
        tlv(tag, pairs if tag == SWITCHES else value)
        for tag, value in parts.items()
        if tag != SWITCHES or pairs
    )


class Known:
    """The entries that inputs name by number: CA keys first, then the most frequent others."""

    def __init__(
        self, images: Iterable[list[tuple[int, bytes]]], more: Iterable[tuple[int, bytes]]
    ) -> None:
        every = Counter(entry for image in images for entry in image)
        keys = sorted(entry for entry in every if entry[0] == CA_KEY)
        rest = [entry for entry, _ in every.most_common() if entry[0] != CA_KEY]
        self.entries = [*more, *keys, *rest][:KNOWN_MAX]
        self.number = {entry: i for i, entry in enumerate(self.entries)}

    def list_of(self, image: list[tuple[int, bytes]]) -> bytes:
        """A configuration as terminal.h reads it."""
        out = b""
        for kind, body in image:
            number = self.number.get((kind, body))
            if number is None:
                out += struct.pack(">BH", kind, len(body)) + body
            else:
                out += bytes([0xFF, number])
        return out


# ---- taps ----


def transaction(tap: dict[str, Any]) -> bytes:
    """A transaction as ride.c reads it."""
    t: dict[str, Any] = tap["transaction"]
    flags = (1 if tap.get("recovers") else 0) | (2 if "damage" in tap else 0)
    numbers = (t["purpose"], t["type"], t["start"], t["exponent"])
    return (
        struct.pack(">BH4B", flags, tap.get("damage", 0) % 4096, *numbers)
        + b"".join(bytes.fromhex(t[name]) for name in ("currency", "date", "time", "sequence"))
        + b"".join(int(t[name]).to_bytes(6, "big") for name in ("amount", "other"))
        + bytes.fromhex(tap["random"])
    )


def events(steps: list[list[Any]]) -> Iterator[bytes]:
    """The chunks of the recorded steps of one tap."""
    now = 1000
    for step in steps:
        late = 0
        if step[0] in ("detect", "transmit"):
            late, now = max(0, step[-1] - now) // 100, step[-1]
        if step[0] == "transmit" and step[2] not in EVENTS:
            yield chunk(EVENTS["answer"], bytes.fromhex(step[2]), late)
        elif step[0] == "transmit":
            yield chunk(EVENTS[step[2]], late=late)
        elif step[0] == "host":
            yield chunk(EVENTS["host"], step[1].encode() if len(step[1]) == 2 else b"")
        elif step[0] == "detect":
            yield chunk(EVENTS[step[1]], late=late)
        elif step[0] in ("store", "lookup"):
            yield chunk(EVENTS[step[-1]])


def case_input(case: dict[str, Any], configuration: bytes) -> bytes:
    """A recorded case as an input of the target tap."""
    out = chunk(TERMINAL, configuration)
    for tap in case["taps"]:
        out += chunk(TAP, transaction(tap)) + b"".join(events(tap["steps"]))
    return out
