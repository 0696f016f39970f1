"""What tags.csv says about card data: TLV-025, TLV-031, TLV-034."""

from __future__ import annotations

import csv
import dataclasses
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parents[3] / "src/tapkern/data/tags.csv"
# TLV-031: standards whose rows do not make a tag known to kernel 7.
_FOREIGN = ("C-2", "C-3", "C-4", "C-2/C-3", "Visa", "scheme", "EMV scheme", "GlobalPlatform")


@dataclasses.dataclass(frozen=True)
class Row:
    """source ICC, terminal or issuer; format n, cn, b ...; least and most bytes, None is open."""

    source: str
    format: str
    least: int
    most: int | None

    def fits(self, length: int) -> bool:
        return self.least <= length and (self.most is None or length <= self.most)


@cache
def table() -> dict[str, Row]:
    """The rows of kernel 7, P and EMV; the rows of other schemes and of ISO are left out."""
    rows: dict[str, Row] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            standard, note = row["standard"], row["note"]
            if standard in _FOREIGN or standard.startswith("ISO") or "other-scheme" in note:
                continue
            least, most = _number(row["min_len"]), _number(row["max_len"])
            rows.setdefault(row["tag"], Row(row["source"], row["format"], least or 0, most))
    return rows


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def constructed(tag: str) -> bool:
    """TLV-004: b6 of the first byte."""
    return bool(int(tag[:2], 16) & 0x20)


@cache
def owned(tag: str) -> bool:
    """TLV-025: data of the terminal, the issuer or of ODA; never taken from a card."""
    row = table().get(tag)
    return tag in ("9F45", "9F4C") or (row is not None and row.source in ("terminal", "issuer"))


@cache
def known(tag: str) -> bool:
    """TLV-031: a primitive object of the card that kernel 7 knows."""
    row = table().get(tag)
    return row is not None and row.source == "ICC" and not constructed(tag)


def fits(tag: str, value: bytes) -> bool:
    """The length is one that tags.csv allows."""
    row = table().get(tag)
    return row is None or row.fits(len(value))
