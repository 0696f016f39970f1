"""The offline PIN of the card: VERIFY (CMD-011, CV-007), PIN CHANGE and UNBLOCK (file 74 §5.6)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.describe import describe
from tapkern.card.pin import changed, digits, matches, reference
from tapkern.card.status import CardStatus
from tapkern.issuer.suites import SM4, TRIPLE_DES
from tests.card.full_terminal import ARQC, TC, Terminal, stored
from tests.card.terminal import DEBIT, select, send, status

FAMILIES = pytest.mark.parametrize("df69", ["00", "01"], ids=["RSA", "SM"])


def load(*lines: str, state: Path | None = None) -> Card:
    text = 'base = "load"\n[[application]]\n' + "\n".join(lines)
    return Card.from_toml(text, "changed", state)


def block(pin: str) -> bytes:
    return bytes.fromhex(f"2{len(pin):X}{pin}".ljust(16, "F"))


def verify(card: Card, pin: str | bytes) -> str:
    data = block(pin) if isinstance(pin, str) else pin
    return status(card, b"\x00\x20\x00\x80" + bytes([len(data)]) + data)


def change(terminal: Terminal, new: str, old: str | None = None) -> str:
    data = terminal.session().pin_data(new, old)
    return terminal.script("84240002" if old is None else "84240001", data)


def test_right_pin_is_told_in_the_cvr() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    assert verify(card, "123456") == "9000"
    assert terminal.generate(TC).cvr.hex() == "03940000"


def test_wrong_pin_counts_down_cv007(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = Terminal(card).start()
    for left, wrong in ((2, "123457"), (1, "12345"), (0, "1234567")):
        assert verify(card, wrong) == f"63C{left}"
        assert stored(card, "9F17") == f"0{left}"
    assert verify(card, "123456") == "6983"
    given = terminal.generate(TC)
    assert (given.kind, given.cvr.hex()) == ("ARQC", "03a64000")
    again = load(state=state)
    Terminal(again).start()
    assert verify(again, "123456") == "6984"  # blocked before this transaction
    assert verify(again, "123456") == "6983"


def test_right_pin_gives_the_tries_back() -> None:
    card = load("pin_tries = 1", "pin_limit = 5")
    Terminal(card).start()
    assert verify(card, "123456") == "9000"
    assert stored(card, "9F17") == "05"
    terminal = Terminal(card).start()
    assert verify(card, "000000") == "63C4"
    assert verify(card, "123456") == "9000"
    assert terminal.generate(TC).cvr.hex() == "03940000"


@pytest.mark.parametrize(
    "wrong",
    ["16123456FFFFFFFF", "06123456FFFFFFFF", "25123456FFFFFFFF", "26123456FFFFFFF0",
     "2612345AFFFFFFFF", "00" * 8, "FF" * 8],
)  # fmt: skip
def test_every_malformed_block_is_a_wrong_pin(wrong: str) -> None:
    card = Card.load("load")
    Terminal(card).start()
    assert verify(card, bytes.fromhex(wrong)) == "63C2"


def test_other_lengths_and_forms_spend_no_try() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    assert verify(card, block("123456")[:7]) == "6700"
    assert verify(card, block("123456") + b"\xff") == "6700"
    assert status(card, bytes.fromhex("0020008808") + block("123456")) == "6A86"
    assert status(card, bytes.fromhex("0020010008") + block("123456")) == "6A86"
    assert stored(card, "9F17") == "03"
    terminal.generate(ARQC)
    assert verify(card, "123456") == "6985"
    card.reset()
    send(card, select(DEBIT))
    assert verify(card, "123456") == "6985"
    assert stored(card, "9F17") == "03"


def test_try_is_spent_before_it_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tear between the two steps of a right PIN leaves it spent; before them nothing happens."""
    state = tmp_path / "card.json"
    card = load(state=state)
    Terminal(card).start()
    real, calls = os.replace, []

    def broken(*names: str) -> None:
        calls.append(names)
        if len(calls) > 1:
            raise OSError("the field is gone")
        real(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        assert verify(card, "123456") == "6581"
    again = load(state=state)
    send(again, select(DEBIT))
    assert stored(again, "9F17") == "02"


def test_nothing_is_told_when_the_try_cannot_be_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = load(state=tmp_path / "card.json")
    Terminal(card).start()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        assert {verify(card, pin) for pin in ("123456", "000000")} == {"6581"}
    assert stored(card, "9F17") == "03"


def test_last_wrong_pin_can_block_the_application_9f52() -> None:
    card = load("pin_tries = 1", "[application.risk]", 'default_action = "E3B8"')
    terminal = Terminal(card).start()
    assert verify(card, "000000") == "63C0"
    given = terminal.generate(TC)
    assert (given.kind, given.cvr.hex(), given.cid) == ("AAC", "03864200", 0x02)
    assert card.transmit(select(DEBIT))[-2:].hex() == "6283"
    assert terminal.card is card
    other = Terminal(card).start()
    other.generate(TC)
    assert other.script("84180000") == "9000" and other.script("84240000") == "9000"
    assert Terminal(card).start().generate(TC).cvr.hex() == "03900000"


# scripts


@FAMILIES
def test_unblock_gives_the_tries_back(df69: str) -> None:
    card = load("pin_tries = 0", "pin_limit = 4")
    terminal = Terminal(card, df69=df69).start()
    assert terminal.online().kind == "TC"
    assert terminal.script("84240000") == "9000"
    assert stored(card, "9F17") == "04"
    Terminal(card, df69=df69).start()
    assert verify(card, "123456") == "9000"


@FAMILIES
@pytest.mark.parametrize("old", [None, "123456"], ids=["without", "with"])
@pytest.mark.parametrize("new", ["1234", "87654321", "123456789012"])
def test_changed_pin_is_the_only_one(df69: str, old: str | None, new: str, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load("pin_tries = 1", state=state)
    terminal = Terminal(card, df69=df69).start()
    terminal.online()
    assert change(terminal, new, old) == "9000"
    for seen in (card, load("pin_tries = 1", state=state)):
        Terminal(seen, df69=df69).start()
        assert verify(seen, "123456") == "63C2"
        assert verify(seen, new) == "9000"


@FAMILIES
def test_change_with_another_old_pin_does_not_set_the_new_one(df69: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card, df69=df69).start()
    terminal.online()
    assert change(terminal, "4321", "999999") == "6A80"
    assert change(terminal, "9876", "654321") in ("6A80", "9000")
    Terminal(card, df69=df69).start()
    assert verify(card, "4321") != "9000"


def test_data_of_the_other_form_or_transaction_is_no_pin() -> None:
    card = Card.load("load")
    old = Terminal(card).start()
    old.online()
    data = old.session().pin_data("4321")
    terminal = Terminal(card).start()
    terminal.online()
    assert terminal.script("84240002", data) == "6A80"  # the key of another ATC
    Terminal(card).start()
    assert verify(card, "123456") == "9000"


@pytest.mark.parametrize("suite", [TRIPLE_DES, SM4], ids=["3DES", "SM4"])
@pytest.mark.parametrize(
    "clear",
    ["0703123FFFFFFFFFFF" + "80" + "00" * 6, "0804123FFFFFFFFFFF" + "80" + "00" * 6,
     "080D12345678901234" + "80" + "00" * 6, "08141234FFFFFFFFFF" + "80" + "00" * 6,
     "08041234FFFFFFFFFE" + "80" + "00" * 6, "08041234FFFFFFFFFF" + "80" + "00" * 5 + "01",
     "08041234FFFFFFFFFF" + "00" * 7, "0803123FFFFFFFFFFF" + "80" + "00" * 6],
)  # fmt: skip
def test_every_wrong_content_is_refused(suite: object, clear: str) -> None:
    key, unique = bytes(range(16)), bytes(16)
    good = bytes.fromhex("08041234FFFFFFFFFF" + "80" + "00" * 6)
    assert isinstance(suite, type(SM4))
    assert changed(suite, key, unique, suite.encrypt(key, good), None) == block("1234")
    with pytest.raises(CardStatus, match="6A80"):
        changed(suite, key, unique, suite.encrypt(key, bytes.fromhex(clear)), None)


def test_blocks() -> None:
    assert reference("1234").hex() == "241234ffffffffff"
    assert digits(reference("123456789012")) == "123456789012"
    assert matches(block("123456"), reference("123456"))
    assert not matches(block("123456"), reference("1234567"))


def test_pin_is_nowhere_in_what_people_see() -> None:
    card = load('pin = "739184"')
    told = repr(card.profile) + repr(describe(card)) + repr(describe(card, with_bytes=True))
    assert "739184" not in told
    assert "739184" not in repr(card.applications[0].counters)  # type: ignore[union-attr]
