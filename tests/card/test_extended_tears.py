"""A torn extended tap changes all or nothing: CS-042, digest file 70 §9."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.memory import Memory
from tapkern.errors import UsageError
from tests.card.industry_terminal import (
    Gate,
    amount,
    changed,
    gpo,
    prove,
    read_record,
    record_of,
    update,
)
from tests.card.terminal import DEBIT, PPSE, balance, get_data, read, select, send, start, status

METRO, LOG, PARK = 0x15, 0x1E, 0x16
LOG_KEY = "808182838485868788898A8B8C8D8E8F"
OLD = bytes.fromhex("27017D010100") + bytes(122)
NEW = changed(OLD, 14, "01")
FARE = [
    select(PPSE),
    select(DEBIT),
    read_record(METRO, "2701"),
    gpo(1, 3200),
    update(METRO, NEW, 1),
    update(LOG, b"trip", 1, LOG_KEY),
    *(read(number) for number in range(1, 5)),
]
LAST = read(4)


@pytest.mark.parametrize("done", range(len(FARE) + 1))
def test_deferred_fare(done: int, tmp_path: Path) -> None:
    """Balance, offset, record, trip log and proof of a fare that takes 200 of the offset."""
    state = tmp_path / "card.json"
    card = Card.load("transit-fare", state=state)
    tc = b""
    for command in FARE[:done]:
        answer = send(card, command)
        if command[1] == 0xA8:
            tc = answer[answer.index(b"\x9f\x26\x08") + 3 :][:8]
    card.reset()
    final = done == len(FARE)
    for seen in (card, Card.load("transit-fare", state=state)):
        start(seen)
        assert (balance(seen), amount(seen, "DF63")) == ((0, 200) if final else (3000, 0))
        assert send(seen, get_data("9F36"))[3:].hex() == ("0001" if done > 3 else "0000")
        assert record_of(seen, METRO, "2701") == (NEW if final else OLD)
        if final:
            assert send(seen, read(1, LOG)) == b"trip".ljust(48, b"\0")
            assert send(seen, prove(1)) == tc
            assert send(seen, LAST)  # CS-031
        else:
            assert status(seen, read(1, LOG)) == "6A83"
            assert status(seen, prove(1)) == "9406"
            assert status(seen, LAST) == "6A83"


@pytest.mark.parametrize("done", [4, 5, 8, 9])
def test_hold(done: int, tmp_path: Path) -> None:
    """A hold exists with its record or not at all, and can be completed after a restart."""
    state = tmp_path / "card.json"
    card = Card.load("parking", state=state)
    old = bytes.fromhex("27073D0102000100") + bytes(56)
    tap = [
        select(PPSE),
        select(DEBIT),
        read_record(PARK, "2707"),
        gpo(2, 5000),
        update(PARK, changed(old, 7, "01"), 1),
        *(read(number) for number in range(1, 5)),
    ]
    for command in tap[:done]:
        send(card, command)
    card = Card.load("parking", state=state)
    gate = Gate(card, PARK, "2707")
    if done < len(tap):
        assert gate.select() == old
        assert balance(card) == 20000
        assert status(card, gpo(3, 100)) == "6973"
    else:
        assert gate.select() == changed(old, 7, "01")
        assert balance(card) == 15000
        assert send(card, prove(1)) == bytes(8)
        gate.run(3, 100)
        assert balance(card) == 19900


def test_last_record_again_pays_and_writes_once() -> None:
    card = Card.load("transit-fare")
    gate = Gate(card, METRO, "2701")
    gate.run(1, 100)
    again = send(card, LAST)
    card.reset()
    start(card)
    assert send(card, LAST) == again
    assert status(card, read(2, LOG)) == "6A83"
    assert balance(card) == 2900


def test_run_again_after_a_tear() -> None:
    """§9 step 6: what was not committed is run anew, with the next ATC."""
    card = Card.load("transit-fare")
    for command in FARE[:-1]:
        send(card, command)
    card.reset()
    gate = Gate(card, METRO, "2701")
    assert gate.run(1, 100, (14, "01")) == NEW
    assert gate.atc == 2 and balance(card) == 2900
    assert status(card, prove(1)) == "9406"


def test_memory_that_cannot_be_written_commits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card.load("transit-fare", state=tmp_path / "card.json")
    for command in FARE[:-1]:
        send(card, command)

    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(Memory, "_save", full)
        assert status(card, LAST) == "6581"
        assert balance(card) == 3000 and status(card, prove(1)) == "9406"
    send(card, LAST)  # the transaction is still prepared
    assert balance(card) == 0 and amount(card, "DF63") == 200
    assert send(card, read(1, LOG))[:4] == b"trip"


def test_append_record_survives_at_once(tmp_path: Path) -> None:
    from tests.card.industry_terminal import append

    state = tmp_path / "card.json"
    card = Card.load("parking", state=state)
    start(card)
    send(card, gpo(0, 0))
    content = bytes.fromhex("990103010200")
    send(card, append(PARK, content, 1))
    card = Card.load("parking", state=state)
    start(card)
    assert record_of(card, PARK, "9901") == content


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("holds", ["1627"]),
        ("holds", ["162707" + "00000000000A"]),
        ("industry_records", ["15"]),
        ("industry_records", ["15" + "50" * 16 + "A001" + "00" * 4]),  # no such file
        ("industry_records", ["16" + "50" * 16 + "A0"]),
        ("industry_records", ["16" + "50" * 16 + "A0" * 65]),  # longer than the longest
        ("industry_slots", ["", "15"]),
        ("industry_keys", ["1E"]),
        ("proof", "0001"),
        ("offset_used", 10**12),
    ],
)
def test_state_with_other_contents_is_refused(member: str, value: object, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    Card.load("parking", state=state)
    tables = json.loads(state.read_text())
    (counters,) = tables["applications"].values()
    assert member in counters
    counters[member] = value
    state.write_text(json.dumps(tables))
    with pytest.raises(UsageError, match=r"the state does not fit|no state of a"):
        Card.load("parking", state=state)
