"""Names of what a product may support, in English and Chinese.

The catalogue is ``capabilities.toml``. An implementation conformance statement (ICS) lists these
names, a case of a vector suite says which of them it needs; what a configuration uses is derived
in ``params.ics``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tapkern.data.codes import Text

TOML_PATH = Path(__file__).with_name("capabilities.toml")


@cache
def capabilities() -> Mapping[str, Text]:
    """Every capability by name."""
    raw = tomllib.loads(TOML_PATH.read_text(encoding="utf-8"))
    return {name: Text(row["en"], row["zh"]) for name, row in raw.items()}
