"""When a purchase becomes final: CS-030, CS-031, CS-042, CS-044; torn taps; the state file."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.errors import UsageError
from tests.card.terminal import (
    DEBIT,
    ONLINE_REQUIRED,
    PPSE,
    authenticate,
    balance,
    get_data,
    gpo,
    objects,
    read,
    run,
    select,
    send,
    start,
    status,
)

TAP = [select(PPSE), select(DEBIT), gpo(amount=1250), read(1), read(2), read(3), read(4)]
LAST = 4


@pytest.mark.parametrize("done", range(len(TAP) + 1))
def test_a_tear_changes_all_or_nothing_cs042(done: int, tmp_path: Path) -> None:
    """`done` commands reach the card; then the field is gone, or the card's process."""
    state = tmp_path / "card.json"
    card = Card.load("debit", state=state)
    for command in TAP[:done]:
        send(card, command)
    card.reset()
    final = done == len(TAP)
    for seen in (card, Card.load("debit", state=state)):
        start(seen)
        assert balance(seen) == (18750 if final else 20000)
        assert send(seen, get_data("9F36"))[3:].hex() == ("0001" if done > 2 else "0000")
        if final:
            assert objects(send(seen, read(LAST)))["9F74"] == b"ECC001"
        else:
            assert status(seen, read(LAST)) == "6A83"
        assert balance(seen) == (18750 if final else 20000)


def test_last_record_is_readable_again_without_deduction_cs031() -> None:
    card = Card.load("debit")
    tap = run(card)
    record = send(card, read(LAST))  # in the same session
    assert objects(record)["9F69"] == tap.data["9F69"]
    for _ in range(3):
        card.reset()
        start(card)
        assert send(card, read(LAST)) == record
    assert balance(card) == 18750
    assert run(card).kind == "TC"  # and the next purchase is an ordinary one
    assert balance(card) == 17500
    assert send(card, read(LAST)) != record


def test_torn_purchase_can_be_finished_by_the_terminal() -> None:
    """The answer of the last record is lost: re-reading it completes the authentication."""
    card = Card.load("multi")
    tap = run(card)
    kept, tap.data = tap.data["9F69"], {k: v for k, v in tap.data.items() if k != "9F69"}
    card.reset()
    start(card)
    tap.data |= objects(send(card, read(tap.gpo["94"][-2])))
    assert tap.data["9F69"] == kept
    authenticate(tap)


@pytest.mark.parametrize(
    "between", [gpo(ttq=ONLINE_REQUIRED), select(DEBIT), select(PPSE), None], ids=str
)
def test_prepared_purchase_is_discarded_cs044(between: bytes | None) -> None:
    card = Card.load("debit")
    start(card)
    send(card, gpo())
    if between is None:
        card.reset()
    else:
        send(card, between)
    if between != gpo(ttq=ONLINE_REQUIRED):
        send(card, select(DEBIT))
    assert card.transmit(read(LAST))[-2:].hex() in ("6985", "6a83")
    assert balance(card) == 20000


def test_last_record_after_a_refusal_or_an_online_request_is_closed() -> None:
    card = Card.load("debit")
    run(card)
    assert run(card, ttq=ONLINE_REQUIRED).kind == "ARQC"
    assert status(card, read(LAST)) == "6985"
    assert balance(card) == 18750


def test_second_gpo_replaces_the_first_purchase() -> None:
    card = Card.load("debit")
    start(card)
    send(card, gpo(amount=5000))
    send(card, gpo(amount=100))
    send(card, read(LAST))
    assert balance(card) == 19900


def test_failed_gpo_discards_the_first_purchase_cs044() -> None:
    card = Card.load("debit")
    start(card)
    send(card, gpo(amount=5000))
    assert status(card, gpo()[:4] + bytes.fromhex("02830000")) == "6700"
    assert status(card, read(LAST)) == "6A83"
    assert balance(card) == 20000


def test_copy_of_the_last_record_writes_nothing_cs042(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card.load("debit", state=tmp_path / "card.json")
    run(card)

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    for _ in range(2):
        send(card, read(LAST))
    card.reset()
    start(card)
    send(card, read(LAST))


def test_signature_record_is_computed_once_and_only_in_a_purchase_cs032() -> None:
    card = Card.load("multi")
    start(card)
    assert status(card, read(5)) == "6985"
    send(card, gpo())
    assert send(card, read(5)) == send(card, read(5))
    send(card, read(6))
    card.reset()
    start(card)
    assert status(card, read(5)) == "6985"


# the state file


def test_state_continues_in_another_process(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    run(Card.load("debit", state=state))
    card = Card.load("debit", state=state)
    assert card.balance == 18750
    assert run(card).gpo["9F36"].hex() == "0002"
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]
    assert Card.load("debit").balance == 20000  # without the file it is a fresh one


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_purchase_is_not_final_when_the_state_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    state = tmp_path / "card.json"
    card = Card.load("debit", state=state)
    start(card)
    send(card, gpo())
    before = state.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, broken)
        assert status(card, read(LAST)) == "6581"
        assert status(card, gpo()) == "6581"
    assert state.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]
    assert balance(card) == 20000
    assert run(card).gpo["9F36"].hex() == "0002"  # the failed GPO gave no cryptogram
    assert balance(card) == 18750


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from tapkern.card import Card
from tests.card.terminal import run
state, kills = Path(sys.argv[1]), int(sys.argv[2])
text = sys.stdin.read()
for seed in range(kills):
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        card = Card.from_toml(text, "killed", state=state)
        while True:
            run(card, amount=1 + card.applications[0].counters.atc % 7)
            os.write(told, b".")
    os.read(heard, 1)  # it has begun
    time.sleep(random.Random(seed).uniform(0, 0.04))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(heard)
    os.close(told)
    counters = Card.from_toml(text, "killed", state=state).applications[0].counters
    logged = [(int(r[:6].hex()), int.from_bytes(r[6:], "big")) for r in counters.log]
    print(counters.balance, counters.atc, logged, counters.last_record.hex(), flush=True)
"""
KILLS = 36
BIG = """base = "debit"
[[application]]
cap = "9910F000"
[application.purse]
balance = 100000
[application.log]
records = 255
format = "9F02069F3602"
"""


def test_a_killed_process_conserves_money_cs042(tmp_path: Path) -> None:
    """Processes that tap without a pause are killed at any point; the file is whole each time."""
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "card.json"), str(KILLS)],
        input=BIG,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    rows = process.stdout.splitlines()
    assert len(rows) == KILLS
    money, count = 100000, 0
    for row in rows:
        balance_text, atc_text, rest = row.split(" ", 2)
        logged = ast.literal_eval(rest[: rest.index("]") + 1])
        assert all(amount == 1 + (atc - 1) % 7 for amount, atc in logged)  # one tap each
        atcs = [atc for _, atc in logged]
        assert atcs == sorted(set(atcs), reverse=True) and atcs[0] > count
        assert int(balance_text) == money - sum(a for a, atc in logged if atc > count)
        assert int(atc_text) >= atcs[0] and rest.endswith("9f7406454343303031")
        money, count = int(balance_text), int(atc_text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "applications": []}',
        '{"format": 1, "applications": {"A000000333010101": {}}}',
        '{"format": 1, "applications": {"A0000003330101": 7}}',
    ],
)
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, text: str) -> None:
    state = tmp_path / "card.json"
    state.write_text(text)
    with pytest.raises(UsageError, match="no state of a simulated card") as error:
        Card.load("debit", state=state)
    assert error.value.where == str(state)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("balance", -1),
        ("balance", 10**12),
        ("balance", 1.5),
        ("balance", True),
        ("atc", 65536),
        ("pin_tries", None),
        ("last_record", 7),
        ("last_record", "XY"),
        ("extra", 1),
    ],
)
def test_impossible_values_in_a_state_are_refused(
    tmp_path: Path, member: str, value: object
) -> None:
    state = tmp_path / "card.json"
    Card.load("debit", state=state)
    content = json.loads(state.read_text())
    content["applications"][DEBIT][member] = value
    state.write_text(json.dumps(content))
    with pytest.raises(UsageError, match="no state of a simulated card"):
        Card.load("debit", state=state)


def test_state_of_another_card_or_format_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    Card.load("credit", state=state)
    with pytest.raises(UsageError, match="belongs to another card"):
        Card.load("debit", state=state)
    state.write_text('{"format": 2, "applications": {}}')
    with pytest.raises(UsageError, match="format 2"):
        Card.load("debit", state=state)


def test_state_that_cannot_be_written_or_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        Card.load("debit", state=tmp_path / "nowhere" / "card.json")
    with pytest.raises(UsageError, match="cannot be read"):
        Card.load("debit", state=tmp_path)
