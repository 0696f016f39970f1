"""Money and records over random sequences of extended taps, some of them torn.

The model is the table of digest file 70 §8 as it stands there, beside a plain list of records. It
foretells each answer; after each tap the card has to show what it says.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapkern.card import Card
from tests.card.industry_terminal import (
    amount,
    changed,
    gpo,
    prove,
    read_record,
    record_of,
    update,
)
from tests.card.terminal import DEBIT, OFFLINE, PPSE, balance, objects, read, select, start
from tests.card.test_balances import table_complete, table_deferred

SFI = 0x15
NAMES = ["A001", "A002", "A003", "A004"]
KEY = "505152535455565758595A5B5C5D5E5F"
START, LIMIT, OFFSET, SINGLE = 40, 60, 15, 25
CARD = f"""
base = "parking"
[[application]]
[application.purse]
balance = {START}
limit = {LIMIT}
single = {SINGLE}
reset = 0
offset_limit = {OFFSET}
[[application.file]]
sfi = 0x15
size = 0
""" + "".join(
    f'[[application.file.record]]\nid = "{name}"\nlength = 9\nkey = "{KEY}"\ndata = "010200"\n'
    for name in NAMES
)
LAST = 4
WHOLE = 99
"""More commands than a tap has: nothing is torn."""


@dataclass
class Model:
    """What a card has to be, in the words of the table."""

    b: int = START
    u: int = 0
    paid: int = 0
    atc: int = 0
    holds: dict[str, int] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    proof: tuple[int, bool] | None = None

    def refusal(self, mode: int, name: str) -> str | None:
        """§7.3."""
        if mode == 3 and name not in self.holds:
            return "6973"
        if mode == 2 and name in self.holds:
            return "6972"
        if mode == 2 and len(self.holds) == 3:
            return "6971"
        return None

    def after(self, mode: int, name: str, a: int) -> tuple[int, int] | None:
        """Balance and used offset by §8, None when the card declines."""
        if a > SINGLE:
            return None
        if mode == 1:
            return table_deferred(self.b, OFFSET, self.u, a)
        if mode == 2:
            return (self.b - a, self.u) if self.b >= a else None
        return table_complete(self.b, self.u, self.holds[name], a)

    def commit(self, mode: int, name: str, a: int, content: int) -> None:
        row = self.after(mode, name, a)
        assert row is not None
        self.b, self.u = row
        if mode == 2:
            self.holds[name] = a
        else:
            self.paid += a
        if mode == 3:
            del self.holds[name]
        self.records[name] = content
        self.proof = (self.atc, mode == 2)

    @property
    def total(self) -> int:
        """Nothing is made and nothing is lost."""
        return self.b - self.u + sum(self.holds.values()) + self.paid


taps = st.tuples(
    st.sampled_from([1, 1, 2, 2, 3, 3]),
    st.sampled_from(NAMES),
    st.integers(0, SINGLE + 2),
    st.one_of(st.just(WHOLE), st.just(WHOLE), st.integers(0, 9)),
)


def commands(name: str, mode: int, a: int, model: Model, content: bytes) -> list[bytes]:
    """A tap in bytes; SELECT and READ CAPP DATA come before."""
    return [
        select(PPSE),
        select(DEBIT),
        read_record(SFI, name),
        gpo(mode, a, OFFLINE),
        update(SFI, content, model.atc + 1, KEY),
        *(read(number) for number in range(1, LAST + 1)),
    ]


def check(card: Card, model: Model) -> None:
    start(card)
    assert (balance(card), amount(card, "DF63")) == (model.b, model.u)
    for name in NAMES:
        content = record_of(card, SFI, name)
        assert content[6:] == model.records[name].to_bytes(3, "big"), name
    answer = card.transmit(prove(model.proof[0] if model.proof else model.atc))
    if model.proof is None:
        assert answer.hex() == "9406"
    else:
        assert (answer[:8] == bytes(8)) == model.proof[1] and answer[8:] == b"\x90\x00"
    if model.proof is None or model.proof[0] != model.atc:
        assert card.transmit(prove(model.atc)).hex() == "9406"
    assert model.total == START
    assert model.u == 0 or model.b == 0


def play(path: Path, sequence: list[tuple[int, str, int, int]]) -> Counter[str]:
    """Run the taps on a card whose every torn tap ends its process; count what happened."""
    model, seen = Model(), Counter[str]()
    card = Card.from_toml(CARD, state=path)
    for number, (mode, name, a, cut) in enumerate(sequence, 1):
        content = changed(record_of_name(name), 6, f"{number:06X}")
        what = "torn"
        for command in commands(name, mode, a, model, content)[:cut]:
            answer = card.transmit(command)
            if command[1] != 0xA8:
                assert answer[-2:] == b"\x90\x00", command.hex()
                if command == read(LAST):
                    model.commit(mode, name, a, number)
                    what = f"mode {mode}"
                continue
            model.atc += 1
            refused = model.refusal(mode, name)
            if refused is None and model.after(mode, name, a) is not None:
                assert (b"\x9f\x26\x08" in answer) == (mode != 2)
                continue
            what = refused or "declined"
            if refused:
                assert answer.hex().upper() == refused
            else:
                assert objects(answer[:-2])["9F10"][4] & 0x30 == 0
            break
        seen[what] += 1
        if cut == WHOLE:
            card.reset()
        else:
            card = Card.from_toml(CARD, state=path)
        check(card, model)
    return seen


def record_of_name(name: str) -> bytes:
    """A record as it is personalised."""
    return bytes.fromhex(f"{name}06010200000000")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(taps, min_size=1, max_size=25))
def test_money_is_conserved(sequence: list[tuple[int, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder, "card.json"), sequence)


def test_the_sequences_reach_every_row(tmp_path: Path) -> None:
    """One sequence by hand through all rows of the table and all refusals."""
    one, two, three, four = NAMES
    sequence = [
        (2, one, 20, WHOLE), (2, one, 1, WHOLE), (2, two, 10, WHOLE), (2, three, 5, WHOLE),
        (2, four, 1, WHOLE), (3, four, 1, WHOLE), (1, four, 8, WHOLE),  # 0 left, 3 offset
        (1, four, 13, WHOLE), (1, four, 12, WHOLE), (3, two, 0, WHOLE),  # 15, then 5 offset
        (3, one, 20, WHOLE), (3, three, 5, 8), (3, three, 6, WHOLE), (3, three, 0, WHOLE),
        (2, three, 0, WHOLE), (3, three, 0, 9), (1, one, 26, WHOLE), (2, one, 1, WHOLE),
    ]  # fmt: skip
    seen = play(tmp_path / "card.json", sequence)
    assert seen == {
        "mode 2": 4, "mode 3": 4, "mode 1": 2, "6971": 1, "6972": 1, "6973": 1,
        "declined": 4, "torn": 1,
    }  # fmt: skip
