"""What a rule asks, in one line of English and Chinese.

The catalogue is ``rules.toml``: the rules of offline authentication and of CA keys. It says what a
mark of the kernel means; it decides nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tapkern.data.codes import Text, plain

TOML_PATH = Path(__file__).with_name("rules.toml")


@cache
def rules() -> Mapping[str, Text]:
    """Every rule of the catalogue by id."""
    raw = tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))
    return {rule: Text(row["en"], row["zh"]) for rule, row in raw.items()}


def rule(name: str) -> Text:
    """What the rule asks; for a rule that is not in the catalogue its id."""
    return rules().get(name) or plain(name)
