"""Reads one table of a card file: every value checked, every unknown key refused.

Each complaint is a UsageError that names the file and the key.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from tapkern.errors import UsageError

T = TypeVar("T")
MISSING: Any = object()


class Fields:
    """The keys of a table, taken one by one; `finish` complains about what nobody took."""

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, Mapping):
            raise UsageError("a table is expected", where)
        self._table = dict(table)
        self._known: list[str] = []
        self.where = where

    def _take(self, key: str, kind: type[T], default: Any) -> T | Any:
        self._known.append(key)
        if key not in self._table:
            if default is MISSING:
                raise UsageError(f"{key} is missing", self.where, "every card needs it")
            return default
        value = self._table.pop(key)
        if type(value) is not kind:  # a bool is no int, a time stamp is no date
            raise self.wrong(key, f"must be of type {kind.__name__}")
        return value

    def wrong(self, key: str, what: str, hint: str = "") -> UsageError:
        """The error to raise about a key."""
        return UsageError(f"{key} {what}", self.where, hint)

    def has(self, key: str) -> bool:
        """Whether the table holds this optional key."""
        self._known.append(key)
        return key in self._table

    def text(self, key: str, default: Any = MISSING, longest: int = 16) -> str:
        """Printable ASCII, 1 to `longest` characters."""
        value: str = self._take(key, str, default)
        if not (1 <= len(value) <= longest and value.isascii() and value.isprintable()):
            raise self.wrong(key, f"must be 1 to {longest} printable ASCII characters")
        return value

    def word(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(key, f"must be {' or '.join(allowed)}")
        return value

    def digits(self, key: str, shortest: int, longest: int, default: Any = MISSING) -> str:
        """Decimal digits."""
        value: str = self._take(key, str, default)
        if not (shortest <= len(value) <= longest and (value + "0").isdecimal()):
            raise self.wrong(key, f"must be {shortest} to {longest} digits in quotes")
        return value

    def hex(self, key: str, shortest: int, longest: int = 0, default: Any = MISSING) -> bytes:
        """Bytes written in hex; `shortest` to `longest` of them, or exactly `shortest`."""
        value: str = self._take(key, str, default)
        try:
            data = bytes.fromhex(value)
        except ValueError:
            raise self.wrong(key, "must be hex digits in quotes") from None
        longest = longest or shortest
        if not shortest <= len(data) <= longest:
            size = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
            raise self.wrong(key, f"must be {size} bytes, not {len(data)}")
        return data

    def optional_hex(self, key: str, shortest: int, longest: int = 0) -> bytes | None:
        """As `hex`, or None when the key is absent."""
        return self.hex(key, shortest, longest) if self.has(key) else None

    def number(self, key: str, least: int, most: int, default: Any = MISSING) -> int:
        """A whole number."""
        value: int = self._take(key, int, default)
        if not least <= value <= most:
            raise self.wrong(key, f"must be {least} to {most}")
        return value

    def amount(self, key: str, default: Any = MISSING) -> int:
        """An amount in minor units that fits n12."""
        return self.number(key, 0, 10**12 - 1, default)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value: bool = self._take(key, bool, default)
        return value

    def date(self, key: str, default: Any = MISSING) -> datetime.date:
        """A date whose two-digit year is unambiguous (1950 to 2049)."""
        value: datetime.date = self._take(key, datetime.date, default)
        if not 1950 <= value.year <= 2049:
            raise self.wrong(key, "must be from 1950 to 2049")
        return value

    def names(self, key: str) -> list[str]:
        """A list of strings, empty when absent."""
        value: list[object] = self._take(key, list, [])
        if not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "must be a list of names in quotes")
        return [str(item) for item in value]

    def table(self, key: str) -> Fields:
        """A table below this one, empty when absent."""
        return Fields(self._take(key, dict, {}), f"{self.where}.{key}")

    def tables(self, key: str) -> list[Fields]:
        """A list of tables below this one."""
        value: list[object] = self._take(key, list, [])
        return [Fields(item, f"{self.where} {key}[{i}]") for i, item in enumerate(value)]

    def rest(self) -> dict[str, object]:
        """The keys that nobody took, whatever they are."""
        left, self._table = self._table, {}
        return left

    def finish(self) -> None:
        """Complain about keys that no card has."""
        for key in self._table:
            raise self.wrong(
                key, "is unknown", f"known here: {', '.join(sorted(set(self._known)))}"
            )
