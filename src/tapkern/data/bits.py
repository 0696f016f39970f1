"""Bit tables (TTQ, CTQ, AIP, TVR ...) as data: names to bytes and bytes to names.

The tables are in ``bits.toml``. A bit is written B1b8: byte 1 is the leftmost, bit 8 the most
significant. Bits without a row are reserved; decoding reports them, encoding cannot set them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TOML_PATH = Path(__file__).with_name("bits.toml")

_AT = re.compile(r"B(\d)b([1-8])(?:-([1-8]))?")


@dataclass(frozen=True, slots=True)
class Bit:
    """One named bit: byte from 1, bit 8 to 1."""

    byte: int
    bit: int
    name: str
    en: str
    zh: str

    @property
    def at(self) -> str:
        """The place as people write it: B1b8."""
        return f"B{self.byte}b{self.bit}"

    @property
    def mask(self) -> int:
        """The bit within its byte."""
        return 1 << (self.bit - 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field."""

    value: int
    name: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Field:
    """Bits high to low of one byte that are read together; without choices it is a number."""

    byte: int
    high: int
    low: int
    name: str
    en: str
    zh: str
    choices: tuple[Choice, ...]

    @property
    def at(self) -> str:
        """The place as people write it: B1b8-7."""
        return f"B{self.byte}b{self.high}-{self.low}"

    @property
    def mask(self) -> int:
        """The bits of the field within its byte."""
        return (1 << self.high) - (1 << (self.low - 1))

    def read(self, data: bytes) -> int:
        """The number in ``data``, which has the length of the table."""
        return (data[self.byte - 1] & self.mask) >> (self.low - 1)

    def choice(self, value: int) -> Choice | None:
        """The meaning of a number, None when it has none."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Table:
    """One bit table. ``tag`` is None for a part of a larger object (CVR), ``length`` is bytes."""

    key: str
    tag: int | None
    length: int
    en: str
    zh: str
    base: bytes
    bits: tuple[Bit, ...]
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that ``encode_bits`` takes, in the order of the table."""
        choices = (choice.name for field in self.fields for choice in field.choices)
        return (*(bit.name for bit in self.bits), *choices)


def _place(text: str) -> tuple[int, int, int]:
    match = _AT.fullmatch(text)
    if match is None:
        raise ValueError(f"{TOML_PATH.name}: {text!r} is no place such as B1b8")
    byte, high, low = match.groups()
    return int(byte), int(high), int(low or high)


def _bit(row: list[str]) -> Bit:
    at, name, en, zh = row
    byte, bit, _ = _place(at)
    return Bit(byte, bit, name, en, zh)


def _field(row: dict[str, Any]) -> Field:
    byte, high, low = _place(row["at"])
    choices = tuple(Choice(*value) for value in row.get("values", ()))
    return Field(byte, high, low, row["name"], row["en"], row["zh"], choices)


def _table(key: str, raw: dict[str, Any]) -> Table:
    length = int(raw["length"])
    return Table(
        key=key,
        tag=int(raw["tag"], 16) if "tag" in raw else None,
        length=length,
        en=raw["en"],
        zh=raw["zh"],
        base=bytes.fromhex(raw.get("base", "00" * length)),
        bits=tuple(_bit(row) for row in raw.get("bits", ())),
        fields=tuple(_field(row) for row in raw.get("fields", ())),
    )


@cache
def tables() -> dict[str, Table]:
    """Every table by its key. Do not change it."""
    raw = tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))
    return {key: _table(key, value) for key, value in raw.items()}


@cache
def _by_tag() -> dict[int, Table]:
    return {table.tag: table for table in tables().values() if table.tag is not None}


def table_for(tag: int) -> Table | None:
    """The table of a tag, or None."""
    return _by_tag().get(tag)


def _get(table: Table | str) -> Table:
    if isinstance(table, Table):
        return table
    try:
        return tables()[table]
    except KeyError:
        raise ValueError(f"no bit table {table!r}; there are {', '.join(tables())}") from None


def _check(table: Table, data: bytes) -> None:
    if len(data) != table.length:
        raise ValueError(f"{table.key} has {table.length} bytes, not {len(data)}")


def encode_bits(table: Table | str, names: Iterable[str]) -> bytes:
    """The bytes in which exactly the named bits, and the named values of fields, are set.

    ValueError for a table or name that does not exist, and for two values of one field.
    """
    table = _get(table)
    data = bytearray(table.base)
    bits = {bit.name: bit for bit in table.bits}
    choices = {choice.name: (field, choice) for field in table.fields for choice in field.choices}
    taken: dict[str, str] = {}
    for name in names:
        if name in bits:
            data[bits[name].byte - 1] |= bits[name].mask
        elif name in choices:
            field, choice = choices[name]
            if taken.setdefault(field.name, name) != name:
                raise ValueError(f"{table.key}: {taken[field.name]} and {name} exclude each other")
            kept = data[field.byte - 1] & ~field.mask
            data[field.byte - 1] = kept | choice.value << (field.low - 1)
        else:
            raise ValueError(f"{table.key} has no {name!r}; it has {', '.join(table.names)}")
    return bytes(data)


def decode_bits(table: Table | str, data: bytes) -> list[Bit]:
    """The named bits that are set, leftmost first. ValueError for a wrong length."""
    table = _get(table)
    _check(table, data)
    found = [bit for bit in table.bits if data[bit.byte - 1] & bit.mask]
    return sorted(found, key=lambda bit: (bit.byte, -bit.bit))


def decode_fields(table: Table | str, data: bytes) -> list[tuple[Field, int]]:
    """Every field with its number, leftmost first. ValueError for a wrong length."""
    table = _get(table)
    _check(table, data)
    return [(field, field.read(data)) for field in table.fields]


def reserved_bits(table: Table | str, data: bytes) -> list[str]:
    """Places (B1b3) of set bits without a meaning. ValueError for a wrong length."""
    table = _get(table)
    _check(table, data)
    known = [0] * table.length
    parts: tuple[Bit | Field, ...] = (*table.bits, *table.fields)
    for part in parts:
        known[part.byte - 1] |= part.mask
    return [
        f"B{byte}b{bit}"
        for byte, (value, named) in enumerate(zip(data, known, strict=True), start=1)
        for bit in range(8, 0, -1)
        if value & ~named & 1 << (bit - 1)
    ]


def names_of(table: Table | str, data: bytes) -> list[str]:
    """The names that ``encode_bits`` turns into ``data`` again.

    ValueError for a wrong length and for what has no name: reserved bits, unnamed numbers.
    """
    table = _get(table)
    names = [bit.name for bit in decode_bits(table, data)]
    for field, value in decode_fields(table, data):
        choice = field.choice(value)
        if choice is not None:
            names.append(choice.name)
    if encode_bits(table, names) != data:
        raise ValueError(f"{table.key} {data.hex().upper()} has values without a name")
    return names
