"""Texts of the user interface: message ids and statuses of a UI request, Chinese and English.

The catalogue is ``messages.toml``. Ids come from the kernel; this module only words them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

TOML_PATH = Path(__file__).with_name("messages.toml")

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message or status: code 00 to FF, a stable name, what to show ('' shows nothing)."""

    code: int
    name: str
    en: str
    zh: str

    def text(self, lang: Language = "en") -> str:
        """The text in one language."""
        return self.zh if lang == "zh" else self.en


@cache
def _catalogue(kind: str) -> dict[int, Message]:
    raw: dict[str, Any] = tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))[kind]
    rows = (Message(row["code"], name, row["en"], row["zh"]) for name, row in raw.items())
    return {row.code: row for row in rows}


def messages() -> tuple[Message, ...]:
    """Every message of the catalogue, by ascending code."""
    return tuple(_catalogue("message").values())


def statuses() -> tuple[Message, ...]:
    """Every status of the catalogue, by ascending code."""
    return tuple(_catalogue("status").values())


def _find(kind: str, key: int | str) -> Message:
    found = _catalogue(kind)
    if isinstance(key, str):
        row = next((row for row in found.values() if row.name == key), None)
    else:
        row = found.get(key)
    if row is None:
        shown = key if isinstance(key, str) else f"{key:02X}"
        raise ValueError(f"there is no UI {kind} {shown}")
    return row


def message(key: int | str) -> Message:
    """A message by code or name. ValueError when there is none."""
    return _find("message", key)


def status(key: int | str) -> Message:
    """A status by code or name. ValueError when there is none."""
    return _find("status", key)
