"""The tag dictionary: what a BER-TLV tag is called, where it comes from and how it is coded.

The facts are in ``tags.csv`` beside this file, read at first use and kept. One tag number may
have several rows, because other kernels give it another meaning; the meaning of kernel 7, PBOC
and EMV always stands first. This module imports nothing of tapkern, so that tools can load it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

CSV_PATH = Path(__file__).with_name("tags.csv")

#: Parts of the column ``standard`` that are not the specifications of kernel 7, PBOC and EMV.
_FOREIGN = frozenset(
    {
        "C-2", "C-3", "C-4", "Visa", "scheme", "EMV scheme", "GlobalPlatform", "EMV QR",
        "ISO 7816-4", "ISO 7816-6", "bank host",
    }
)  # fmt: skip
_FOREIGN_NOTES = ("other-scheme tag", "other scheme meaning")

#: Results of offline data authentication: computed by the terminal, never taken from the card.
_ODA_PRODUCTS = frozenset({0x9F45, 0x9F4C})


class Source(Enum):
    """Who gives a data element its value."""

    CARD = "ICC"
    TERMINAL = "terminal"
    ISSUER = "issuer"


class Format(Enum):
    """Coding of a value (digest FMT-001): n and cn are BCD, b is binary, a/an/ans are text."""

    N = "n"
    CN = "cn"
    B = "b"
    A = "a"
    AN = "an"
    ANS = "ans"
    VAR = "var"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """One row of the dictionary. Lengths are bytes; ``max_len`` None means no stated limit."""

    tag: int
    name_en: str
    name_zh: str
    source: Source
    format: Format
    min_len: int
    max_len: int | None
    template: str
    standard: str
    evidence: str
    note: str

    @property
    def is_ours(self) -> bool:
        """True for a row of kernel 7, PBOC or EMV, false for another scheme (TLV-031)."""
        if any(mark in self.note for mark in _FOREIGN_NOTES):
            return False
        return any(part not in _FOREIGN for part in self.standard.split("/"))

    @property
    def is_constructed(self) -> bool:
        """Bit 6 of the first tag byte (TLV-004)."""
        return is_constructed(self.tag)

    def fits(self, length: int) -> bool:
        """Whether a value of ``length`` bytes is within the limits of this row."""
        return self.min_len <= length and (self.max_len is None or length <= self.max_len)


def tag_bytes(tag: int) -> bytes:
    """The tag as it is sent, most significant byte first."""
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")


def is_constructed(tag: int) -> bool:
    """Bit 6 of the first tag byte (TLV-004)."""
    return bool(tag_bytes(tag)[0] & 0x20)


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)


def _row(cells: dict[str, str]) -> TagInfo:
    return TagInfo(
        tag=int(cells["tag"], 16),
        name_en=cells["name_en"],
        name_zh=cells["name_zh"],
        source=Source(cells["source"]),
        format=Format(cells["format"]),
        min_len=_number(cells["min_len"]) or 0,
        max_len=_number(cells["max_len"]),
        template="" if cells["template"] == "-" else cells["template"],
        standard=cells["standard"],
        evidence=cells["evidence"],
        note=cells["note"],
    )


@cache
def table() -> dict[int, tuple[TagInfo, ...]]:
    """Every row by tag number, ascending; within a tag our own meaning first. Do not change it."""
    found: dict[int, list[TagInfo]] = {}
    with CSV_PATH.open(encoding="utf-8", newline="") as stream:
        for cells in csv.DictReader(stream):
            row = _row(cells)
            found.setdefault(row.tag, []).append(row)
    return {
        tag: tuple(sorted(rows, key=lambda row: not row.is_ours))
        for tag, rows in sorted(found.items())
    }


def meanings(tag: int) -> tuple[TagInfo, ...]:
    """Every meaning of a tag, the one of kernel 7, PBOC and EMV first; empty when unknown."""
    return table().get(tag, ())


def find(tag: int) -> TagInfo | None:
    """The first meaning of a tag, or None. It may be one of another scheme: see ``is_ours``."""
    rows = meanings(tag)
    return rows[0] if rows else None


def source_of(tag: int) -> Source | None:
    """Who owns a tag in kernel 7, None when it is not ours. 9F45 and 9F4C count as terminal's."""
    row = find(tag)
    if row is None or not row.is_ours:
        return None
    return Source.TERMINAL if tag in _ODA_PRODUCTS else row.source


@cache
def plain_values() -> frozenset[int]:
    """Tags of a parameter download that hold a value although bit 6 says template (FF8058)."""
    own = (row for rows in table().values() for row in rows if row.template == "param")
    return frozenset(row.tag for row in own if row.is_constructed)


def is_template(tag: int) -> bool:
    """Whether the value of a tag is a list of objects, by bit 6 and ``plain_values``."""
    return is_constructed(tag) and tag not in plain_values()


def is_known_card(tag: int) -> bool:
    """TLV-031: a primitive tag whose own meaning comes from the card; a second one is an error."""
    return source_of(tag) is Source.CARD and not is_constructed(tag)


def is_terminal_owned(tag: int) -> bool:
    """TLV-025: belongs to the terminal or the issuer host; ignored when a card sends it."""
    return source_of(tag) in (Source.TERMINAL, Source.ISSUER)
