"""The sentences of the story of a torn tap (``story.toml``), in English and Chinese."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from tapkern.data.codes import Text

TOML_PATH = Path(__file__).with_name("story.toml")


@cache
def _raw() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))


def find(space: str, key: str, **gaps: str | Text) -> Text | None:
    """A sentence with its gaps filled, each language of it with its own; None: there is none."""
    row = _raw()[space].get(key)
    if row is None:
        return None
    texts = (
        row[at].format(**{gap: words if isinstance(words, str) else words.get(lang)
                          for gap, words in gaps.items()})
        for at, lang in enumerate(("en", "zh"))
    )  # fmt: skip
    return Text(*texts)


def say(space: str, key: str, **gaps: str | Text) -> Text:
    """A sentence that has to be there. Errors: KeyError."""
    found = find(space, key, **gaps)
    if found is None:
        raise KeyError(f"{space}.{key}")
    return found
