"""docs/cards.md has every key of a card file, every ready card, and examples that are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tapkern.card import Card, names
from tapkern.card.bits import Cap
from tapkern.errors import UsageError

PAGE = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
BASE = 'base = "dual"\n'
TABLE = BASE + "[[application]]\n[application.{}]\n{}\ncolour = 1\n"
NEEDED = {"second": 'currency = "0840"\nbalance = 0'}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> dict[str, list[str]]:
    """First cell, without backquotes, to the other cells of the tables of a section."""
    found = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", section(title), re.M)
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in found}


def known(text: str) -> set[str]:
    """The keys of a table, as the complaint about an unknown one lists them."""
    with pytest.raises(UsageError, match="colour is unknown") as error:
        Card.from_toml(text)
    return set(error.value.hint.removeprefix("known here: ").split(", "))


def test_ready_cards() -> None:
    assert set(rows("Ready cards")) == set(names())


@pytest.mark.parametrize(
    ("title", "text", "elsewhere"),
    [
        ("The whole card", "colour = 1\n" + BASE, {"base", "application", "fault", "phone"}),
        ("Phone", BASE + '[phone]\ncdcvm = "needed"\ncolour = 1\n', set()),
        (
            "Application",
            BASE + "[[application]]\ncolour = 1\n",
            {"purse", "second", "risk", "log", "load_log", "token", "keys", "sm", "flow", "file"},
        ),
        ("Purse", TABLE.format("purse", ""), set()),
        ("Second purse", TABLE.format("second", NEEDED["second"]), set()),
        ("Risk", TABLE.format("risk", ""), set()),
        ("Logs", TABLE.format("log", ""), set()),
        ("Token", TABLE.format("token", ""), set()),
        ("Keys", TABLE.format("sm", ""), set()),
        ("Debit/credit", TABLE.format("flow", ""), set()),
    ],
)
def test_every_key_of_a_table_is_explained(title: str, text: str, elsewhere: set[str]) -> None:
    assert set(rows(title)) - {"base"} == known(text) - elsewhere


@pytest.mark.parametrize(
    ("title", "table"),
    [("Application", ""), ("Purse", "purse"), ("Risk", "risk"), ("Token", "token"),
     ("Logs", "log"), ("Debit/credit", "flow")],
)  # fmt: skip
def test_examples_are_accepted(title: str, table: str) -> None:
    """One by one, on a card that has what they need."""
    for key, cells in rows(title).items():
        example = cells[-1].strip("`")
        if not example or key in ("foreign", "offset_limit", "offset_used", "df61"):
            continue
        head = f"[application.{table}]\n" if table else ""
        Card.from_toml(f'base = "debit"\n[[application]]\n{head}{key} = {example}\n')


def test_every_bit_of_the_cap_is_explained() -> None:
    named = re.findall(r"B(\d)b(\d)", "".join(re.findall(r"^\| (B.+?) \|", PAGE, re.M)))
    bits = {1 << (8 * (4 - int(byte)) + int(bit) - 1) for byte, bit in named}
    assert bits == {int(bit) for bit in Cap}
