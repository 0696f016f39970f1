"""One bit of every byte of every input of every method: what is signed or compared is refused.

Bytes that legitimately do not matter are listed in tests/data/unread-bytes.toml with a reason. A
byte that is listed and matters fails too, so the list stays as short as it can be.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapkern.errors import UsageError
from tapkern.oda import verify

ROOT = Path(__file__).resolve().parent.parent
LISTED = tomllib.loads((ROOT / "tests/data/unread-bytes.toml").read_text("utf-8"))["unread"]
SETS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "examples/oda").glob("*.json"))
}
VALID = [name for name, data in SETS.items() if verify(data).verified]


def places(data: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Part, name and offset of every byte of a set."""
    for part in ("card", "terminal", "ca_key"):
        for name, value in data.get(part, {}).items():
            if name not in ("algorithm", "expiry", "checksum"):
                for at in range(len(value) // 2):
                    yield part, name, at
    for at in range(len(data.get("static_data", "")) // 2):
        yield "", "static_data", at


def changed(data: dict[str, Any], part: str, name: str, at: int) -> dict[str, Any]:
    copied = copy.deepcopy(data)
    holder = copied[part] if part else copied
    value = bytearray.fromhex(holder[name])
    value[at] ^= 0x10
    holder[name] = value.hex().upper()
    return copied


def listed(name: str, part: str, element: str, at: int) -> bool:
    where = f"{part}.{element}" if part else element
    return any(
        name in entry["sets"]
        and entry["where"] == where
        and (entry["bytes"] == "all" or at in range(*entry["bytes"]))
        for entry in LISTED
    )


@pytest.mark.parametrize("name", VALID)
def test_every_byte(name: str) -> None:
    data = SETS[name]
    wrong = []
    for part, element, at in places(data):
        try:
            verified = verify(changed(data, part, element, at)).verified
        except UsageError:
            verified = False
        if verified != listed(name, part, element, at):
            wrong.append((part, element, at, verified))
    assert wrong == []


def test_each_entry_has_a_reason_and_a_set() -> None:
    assert all(len(entry["reason"]) > 20 and set(entry["sets"]) <= set(VALID) for entry in LISTED)
