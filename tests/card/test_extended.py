"""The extended application: entry, exit, hold and completion (CS-041)."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.industry_terminal import (
    KEY,
    METRO,
    NUMBER,
    PARK,
    STATE,
    TIME,
    Gate,
    amount,
    append,
    gpo,
    metro,
    park,
    prove,
    read_record,
    record_of,
    update,
)
from tests.card.terminal import (
    DEBIT,
    OFFLINE,
    ONLINE_REQUIRED,
    Tap,
    authenticate,
    balance,
    get_data,
    objects,
    read,
    select,
    send,
    start,
    status,
)


@pytest.mark.parametrize("number", ["", NUMBER])
def test_entry_and_exit(fare: Card, number: str) -> None:
    gate = metro(fare, number)
    inside = gate.run(1, 0, (STATE, "01"), (TIME, "20260115083000"))
    assert gate.gpo["9F10"][4] & 0x30 == 0x10 and len(gate.gpo["9F26"]) == 8
    assert gate.data["9F69"][7] == 0x81  # XA-002
    assert balance(fare) == 3000
    assert record_of(fare, METRO, "2701") == inside
    gate = metro(fare, number)
    assert gate.select() == inside
    outside = gate.run(1, 400, (STATE, "02"))
    assert balance(fare) == 2600
    assert record_of(fare, METRO, "2701") == outside
    assert send(fare, prove(gate.atc)) == gate.gpo["9F26"]
    assert record_of(fare, METRO, "2702")[3:6].hex() == "010100"  # the other record is untouched


def test_extended_purchase_is_authentic(fare: Card) -> None:
    gate = metro(fare)
    content = gate.select()
    gate.process(1, 400)
    gate.update(content)
    tap = Tap(gate.gpo, dict(gate.gpo), amount=bytes.fromhex("000000000400"))
    tap.currency, tap.un = bytes.fromhex("0156"), bytes.fromhex("A1B2C3D4")
    for sfi, place in gate.places:
        record = send(fare, read(place, sfi))
        if place == 1:
            tap.static = record[2:]
        tap.data |= objects(record)
    assert authenticate(tap) == gate.atc.to_bytes(2, "big")


def test_deposit_offset(fare: Card) -> None:
    """The last trip goes below zero down to DF62, and not further."""
    metro(fare).run(1, 2900)
    metro(fare).run(1, 600)
    assert (balance(fare), amount(fare, "DF63"), amount(fare, "DF62")) == (0, 500, 800)
    gate = metro(fare)
    gate.select()
    gate.process(1, 301, OFFLINE)
    assert gate.gpo["9F10"][4] & 0x30 == 0x00 and gate.gpo["9F10"][5] & 0x20
    gate.run(1, 300)
    assert (balance(fare), amount(fare, "DF63")) == (0, 800)
    gate.run(1, 0)
    assert amount(fare, "DF63") == 800


def test_reset_threshold_does_not_bind_an_extended_fare_but_the_single_limit_does(
    fare: Card,
) -> None:
    """9F6D is 1000: a plain purchase of 2500 goes online, the fare does not. 9F78 stays [?]."""
    gate = metro(fare)
    gate.select()
    gate.process(0, 2500)
    assert gate.gpo["9F10"][4] & 0x30 == 0x20
    gate.process(1, 2500)
    assert gate.gpo["9F10"][4] & 0x30 == 0x10
    rich = Card.from_toml(
        'base = "transit-fare"\n[[application]]\n[application.purse]\nbalance = 90000\n'
    )
    gate = metro(rich)
    gate.select()
    gate.process(1, 30001)  # above 9F6B, and nobody can be verified without PIN: online PIN
    assert gate.gpo["9F10"][4] & 0x30 == 0x20
    assert status(rich, update(METRO, gate.select(), 1)) == "6985"
    gate.process(1, 50001, OFFLINE)
    assert gate.gpo["9F10"][4] & 0x30 == 0x00


def test_hold_and_completion(parking: Card) -> None:
    gate = park(parking)
    gate.run(2, 5000, (7, "01"))
    assert "9F26" not in gate.gpo and gate.gpo["9F10"][4] & 0x30 == 0x10
    assert send(parking, prove(gate.atc)) == bytes(8)
    assert balance(parking) == 15000
    gate.run(3, 1200, (7, "00"))
    assert balance(parking) == 18800
    assert send(parking, prove(gate.atc)) == gate.gpo["9F26"]
    gate.run(2, 5000)
    gate.run(3, 6000)  # more than was held
    assert balance(parking) == 12800


def test_completion_has_balance_and_hold_to_spend(parking: Card) -> None:
    gate = park(parking)
    gate.run(2, 15000)
    gate.select()
    gate.process(3, 20001, OFFLINE)
    assert gate.gpo["9F10"][4] & 0x30 == 0x00
    gate.run(3, 20000)
    assert balance(parking) == 0


def test_hold_needs_the_balance(parking: Card) -> None:
    gate = park(parking)
    content = gate.select()
    gate.process(2, 20001, OFFLINE)
    assert gate.gpo["9F10"][4] & 0x30 == 0x00 and "9F26" in gate.gpo
    assert status(parking, update(PARK, content, gate.atc)) == "6985"  # no accepted hold
    gate.run(2, 20000)
    assert balance(parking) == 0


def test_refusals_of_gpo_by_its_hold(parking: Card) -> None:
    start(parking)
    assert status(parking, gpo(2, 100)) == "6985"  # no READ CAPP DATA before
    assert status(parking, gpo(3, 100)) == "6985"
    gate = park(parking)
    gate.select()
    assert status(parking, gpo(3, 100)) == "6973"
    gate.run(2, 100)
    gate.select()
    assert status(parking, gpo(2, 100)) == "6972"
    park(parking, "2717", "606162636465666768696A6B6C6D6E6F").select()
    assert status(parking, gpo(3, 100)) == "6973"
    assert balance(parking) == 19900
    start(parking)
    assert status(parking, gpo(3, 100)) == "6985"  # SELECT forgets what was read


def test_three_holds_are_the_most(parking: Card) -> None:
    for number in range(4):
        gate = Gate(parking, PARK, f"990{number}")
        start(parking)
        send(parking, gpo(1, 0))
        send(parking, select(DEBIT))
        assert status(parking, append(PARK, b"", 1)) == "6985"  # no GPO
        send(parking, gpo(0, 0))
        atc = int.from_bytes(send(parking, get_data("9F36"))[3:], "big")
        send(parking, append(PARK, bytes.fromhex(f"990{number}03010200"), atc))
        gate.select()
        if number < 3:
            gate.run(2, 100)
    assert status(parking, gpo(2, 100)) == "6971"
    assert balance(parking) == 19700
    gate = Gate(parking, PARK, "9901")
    gate.run(3, 0)
    assert balance(parking) == 19800
    Gate(parking, PARK, "9903").run(2, 100)


@pytest.mark.parametrize("df60", [0x00, 0x04, 0x7F, 0xFF])
def test_df60_above_03_is_a_plain_purchase(parking: Card, df60: int) -> None:
    gate = park(parking)
    content = gate.select()
    gate.process(df60, 1000)
    assert "9F26" in gate.gpo
    assert status(parking, update(PARK, content, gate.atc)) == "6985"
    gate.read()
    assert balance(parking) == 19000
    assert status(parking, prove(gate.atc)) == "9406"


@pytest.mark.parametrize(
    ("df61", "able"),
    [("00", ""), ("01", "1"), ("41", "1"), ("81", "1"), ("02", "123"), ("D2", "123"), ("03", "")],
)
def test_df61_says_what_the_card_can_do_xa001(df61: str, able: str) -> None:
    """What it cannot do is a plain purchase to it. Only the two low bits count."""
    text = f'base = "debit"\n[[application]]\ndf61 = "{df61}"\n'
    if able:
        text += 'pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6001"\n'
        text += '[[application.file]]\nsfi = 0x15\nlongest = 20\nopen_key = "' + KEY + '"\n'
        text += f'[[application.file.record]]\nid = "0101"\nlength = 20\nkey = "{KEY}"\n'
    card = Card.from_toml(text)
    if not able:
        start(card)
        assert status(card, read_record(0x15, "0101")) == "6D00"
        assert status(card, prove(1)) == "6D00"
        assert status(card, get_data("DF62")) == "6A88"
        return
    gate = Gate(card, 0x15, "0101")
    content = gate.select()
    answers = {}
    for mode in (1, 2, 3):
        answer = card.transmit(gpo(mode, 100))
        if answer[-2:] == b"\x90\x00":
            atc = int.from_bytes(objects(answer[:-2])["9F36"], "big")
            answers[mode] = status(card, update(0x15, content, atc))
        else:
            answers[mode] = answer.hex().upper()
    wanted = {"1": {1: "9000", 2: "6985", 3: "6985"}, "123": {1: "9000", 2: "9000", 3: "6973"}}
    assert answers == wanted[able]


@pytest.mark.parametrize("ttq", [ONLINE_REQUIRED, OFFLINE])
def test_arqc_and_aac_take_no_update_xa036(fare: Card, ttq: str) -> None:
    gate = metro(fare)
    content = gate.select()
    gate.process(1, 100 if ttq == ONLINE_REQUIRED else 3801, ttq)
    assert gate.gpo["9F10"][4] & 0x10 == 0
    assert status(fare, update(METRO, content, gate.atc)) == "6985"
    assert status(fare, read(4)) == "6985"
    assert balance(fare) == 3000 and record_of(fare, METRO, "2701") == content


def test_extended_transaction_has_the_first_currency_alone() -> None:
    card = Card.from_toml(
        'base = "transit-fare"\n[[application]]\ncap = "9D00D000"\n'
        "[application.risk]\nforeign_currency_limit = 9\n"
    )
    gate = metro(card)
    gate.select()
    foreign = objects(send(card, gpo(0, 100, currency="0840")))
    assert foreign["9F10"][4] & 0x30 == 0x10  # CS-023
    foreign = objects(send(card, gpo(1, 100, currency="0840")))
    assert foreign["9F10"][4] & 0x30 == 0x20


def test_second_purse_takes_no_extended_transaction() -> None:
    card = Card.from_toml(
        'base = "transit-fare"\n[[application]]\n[application.second]\n'
        'currency = "0344"\nbalance = 9000\nlimit = 9000\nsingle = 9000\n'
    )
    metro(card).select()
    plain = objects(send(card, gpo(0, 100, currency="0344")))
    assert plain["9F10"][4] & 0x30 == 0x10
    refused = objects(send(card, gpo(1, 100, currency="0344")))
    assert refused["9F10"][4] & 0x30 == 0x20 and refused["9F10"][5] & 0x20


def test_cumulative_amount_does_not_pay_a_fare() -> None:
    """CS-022 with low value or CTTA: what CTTA allows leaves the purse alone, a fare never does."""
    card = Card.from_toml(
        'base = "transit-fare"\n[[application]]\ncap = "A900F000"\n'
        "[application.risk]\ncumulative_limit = 9000\n"
    )
    metro(card).select()
    assert objects(send(card, gpo(0, 4000)))["9F10"][4] & 0x30 == 0x10
    assert objects(send(card, gpo(1, 3801)))["9F10"][4] & 0x30 == 0x20
    assert objects(send(card, gpo(1, 3800)))["9F10"][4] & 0x30 == 0x10


def test_debit_credit_path_is_never_extended(fare: Card) -> None:
    gate = metro(fare)
    content = gate.select()
    assert send(fare, gpo(1, 100, ttq="76000080"))[0] == 0x80
    assert status(fare, update(METRO, content, 1)) == "6985"
