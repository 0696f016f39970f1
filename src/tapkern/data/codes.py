"""Numbers with a meaning and the sentences of ``decode``, in English and Chinese.

The facts are in ``codes.toml``. A row is looked up by space ("sw", "command", "value.9C") and key.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TOML_PATH = Path(__file__).with_name("codes.toml")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and Chinese."""

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """The words in one language: "zh", or English for every other."""
        return self.zh if lang == "zh" else self.en


def plain(words: str) -> Text:
    """Words that are the same in every language."""
    return Text(words, words)


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))


def _space(name: str) -> dict[str, list[str]]:
    found: Any = _raw()
    for part in name.split("."):
        found = found.get(part, {})
    return found  # type: ignore[no-any-return]


def find(space: str, key: str) -> Text | None:
    """The meaning of ``key`` in ``space``, None when it has none."""
    row = _space(space).get(key)
    return Text(*row[-2:]) if row else None


def text(space: str, key: str, **values: object) -> Text:
    """A sentence with its gaps filled; a gap given a Text takes each language of it."""
    row = _space(space)[key]
    en = {gap: value.en if isinstance(value, Text) else value for gap, value in values.items()}
    zh = {gap: value.zh if isinstance(value, Text) else value for gap, value in values.items()}
    return Text(row[-2].format(**en), row[-1].format(**zh))


def fault_rule(key: str) -> str:
    """The requirement behind a fault."""
    return _space("fault")[key][0]


@cache
def forms(form: str) -> frozenset[int]:
    """The tags that are written in a form: date, amount, dol ..."""
    return frozenset(int(tag, 16) for tag in _space("form")[form])


def status_word(sw: int) -> Text | None:
    """The meaning of a status word, the closest pattern first; None when unknown."""
    word = f"{sw:04X}"
    patterns = (word, word[:3] + "x", word[:2] + "xx")
    return next((row for row in (find("sw", key) for key in patterns) if row), None)


def command(cla: int, ins: int) -> Text | None:
    """The name of a command, None when unknown."""
    return find("command", f"{cla:02X}{ins:02X}")
