"""Loads and limits by issuer script on a card with offset and holds: digest file 70 §8."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.full_terminal import AAC, ARQC, TC, Terminal, stored
from tests.card.industry_terminal import Gate, amount, gpo
from tests.card.terminal import DEBIT, balance, objects, select, send, start, status

PUT = "04DA"


def card(name: str, purse: str = "") -> Card:
    text = f'base = "{name}"\n[[application]]\naip = "7D00"\n[application.purse]\n{purse}'
    return Card.from_toml(text)


def put(card: Card, *changes: tuple[str, int | str]) -> list[str]:
    """An online transaction with PUT DATA of these objects: its status words."""
    terminal = Terminal(card, amount=0).start()
    assert terminal.generate(ARQC).kind == "ARQC"
    assert terminal.authenticate() == "9000"
    values = [f"{value:012}" if isinstance(value, int) else value for _, value in changes]
    words = [
        terminal.script(PUT + tag, value) for (tag, _), value in zip(changes, values, strict=True)
    ]
    terminal.generate(TC if set(words) == {"9000"} else AAC, "00")
    return words


def indebted() -> Card:
    """A transit card after a trip of 5.00 on the offset."""
    one = card("transit-fare")
    Gate(one, 0x15, "2701").run(1, 3500)
    assert (balance(one), amount(one, "DF63")) == (0, 500)
    return one


@pytest.mark.parametrize(
    ("value", "left", "offset"),
    [(0, 0, 500), (499, 0, 1), (500, 0, 0), (501, 1, 0), (100_500, 100_000, 0)],
)
def test_load_repays_the_offset_first(value: int, left: int, offset: int) -> None:
    one = indebted()
    assert put(one, ("9F79", value)) == ["9000"]
    assert (balance(one), amount(one, "DF63")) == (left, offset)


def test_load_above_the_limit() -> None:
    one = indebted()
    assert put(one, ("9F79", 100_501)) == ["6A80"]
    assert (balance(one), amount(one, "DF63")) == (0, 500)


def test_load_leaves_room_for_open_holds() -> None:
    """Balance and holds together may not pass 9F77, or giving them back would."""
    one = card("parking")
    Gate(one, 0x16, "2707").run(2, 15_000)
    assert put(one, ("9F79", 85_001)) == ["6976"]
    assert put(one, ("9F79", 100_001)) == ["6A80"]
    assert put(one, ("9F79", 85_000)) == ["9000"]
    Gate(one, 0x16, "2707").run(3, 0)
    assert balance(one) == 100_000


def test_limits_by_script() -> None:
    one = indebted()
    assert put(one, ("DF62", 499)) == ["6A80"]
    assert put(one, ("DF62", 10**12 - 100_000)) == ["6985"]
    assert put(one, ("DF62", 500)) == ["9000"]
    assert put(one, ("9F77", 10**12 - 500)) == ["6985"]
    assert put(one, ("DF63", 0)) == ["6A86"]
    assert (amount(one, "DF62"), amount(one, "DF63")) == (500, 500)
    gate = Gate(one, 0x15, "2701")
    gate.select()
    gate.process(1, 1)
    assert gate.gpo["9F10"][4] & 0x30 == 0x20


def test_df61_by_script_is_in_fci_and_decides() -> None:
    one = card("transit-fare")
    gate = Gate(one, 0x15, "2701")
    gate.select()
    assert "9F26" in objects(send(one, gpo(2, 100)))  # as a plain purchase
    assert put(one, ("DF61", "82")) == ["9000"]
    assert objects(send(one, select(DEBIT)))["DF61"].hex() == stored(one, "DF61") == "82"
    gate.run(2, 100)
    assert gate.data["9F69"][7] == 0x82 and balance(one) == 2900  # XA-002
    assert put(one, ("DF61", "00")) == ["9000"]
    start(one)
    assert status(one, bytes.fromhex("80B400A802270100")) == "6D00"
