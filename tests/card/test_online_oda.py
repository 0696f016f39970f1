"""ODA for online authorisation: DF61 b7, TTQ B1b1, a signature over an ARQC (TR-001 to TR-003)."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.terminal import (
    CREDIT,
    DEBIT,
    authenticate,
    balance,
    gpo,
    objects,
    read,
    run,
    select,
    send,
    start,
    status,
)

TRANSIT = "27800080"  # online ODA, online cryptogram required
PLAIN = "26800080"


def card(base: str, lines: str = "", tables: str = "") -> Card:
    return Card.from_toml(
        f'base = "{base}"\n[[application]]\ndf61 = "40"\n{lines}\n{tables}', "transit"
    )


@pytest.mark.parametrize(
    ("base", "aid", "where"),
    [("debit", DEBIT, "gpo"), ("credit", CREDIT, "gpo"), ("old", DEBIT, "none")],
)
def test_arqc_is_signed_for_a_terminal_that_asks(base: str, aid: str, where: str) -> None:
    one = card(base)
    tap = run(one, aid, ttq=TRANSIT, amount=100)
    assert tap.kind == "ARQC"
    if where == "none":  # version 00 does not cover the amount
        assert "94" not in tap.gpo and "9F4B" not in tap.data
        return
    assert tap.gpo["94"] and ("9F4B" in tap.gpo) == (where == "gpo")
    assert tap.data["9F69"][0] == 1 and tap.data["9F69"][7] == 0x40  # CS-033
    assert "9F74" not in tap.data
    assert authenticate(tap).hex() == tap.gpo["9F36"].hex()


@pytest.mark.parametrize("df69", ["00", "01"])
def test_both_families_sign_an_arqc_cs040(df69: str) -> None:
    tap = run(card("dual"), ttq=TRANSIT, df69=df69)
    assert tap.kind == "ARQC"
    assert authenticate(tap).hex() == "0001"


def test_long_key_has_its_signature_in_a_record_cs032() -> None:
    one = card(
        "debit",
        tables='[application.keys]\nca = "ca-1408"\nissuer = "issuer-1408"\nicc = "icc-1152"\n',
    )
    tap = run(one, ttq=TRANSIT)
    assert "9F4B" not in tap.gpo and "9F4B" in tap.data
    authenticate(tap)


@pytest.mark.parametrize(
    ("df61", "ttq"),
    [("40", PLAIN), ("BF", TRANSIT), ("40", "27800000")],
    ids=["terminal does not ask", "card cannot", "no version 01"],
)
def test_plain_arqc_without_both_sides(df61: str, ttq: str) -> None:
    text = f'base = "debit"\n[[application]]\ndf61 = "{df61}"\n'
    tap = run(Card.from_toml(text, "transit"), ttq=ttq)
    assert tap.kind == "ARQC" and "94" not in tap.gpo and "9F4B" not in tap.gpo


def test_reading_behind_an_arqc_changes_nothing_tr003() -> None:
    one = card("debit")
    paid = run(one)
    stored = send(one, read(4))
    tap = run(one, ttq=TRANSIT)
    assert tap.data["9F69"] != paid.data["9F69"]
    assert send(one, read(4)) != stored
    assert balance(one) == 18750
    one.reset()
    start(one)
    assert send(one, read(4)) == stored  # CS-031: still that of the purchase
    assert objects(send(one, gpo(ttq=PLAIN)))["9F26"]
    assert status(one, read(4)) == "6985"


def test_refusal_is_not_signed() -> None:
    tap = run(card("debit"), ttq="2F800080", amount=99999)
    assert tap.kind == "AAC" and "9F4B" not in tap.gpo and "94" not in tap.gpo


def test_cards_of_a_transit_scheme_still_pay_offline() -> None:
    one = card("debit")
    tap = run(one)
    assert tap.kind == "TC" and tap.data["9F74"] == b"ECC001" and tap.data["9F69"][7] == 0x40
    authenticate(tap)


def test_debit_credit_of_a_card_without_a_purse_has_no_last_record() -> None:
    one = card("credit")
    start(one, CREDIT)
    answer = send(one, gpo(ttq="76000080"))
    last = run(card("credit"), CREDIT, ttq=TRANSIT).gpo["94"][2]
    afl = answer[4:]
    ranges = [afl[i : i + 3] for i in range(0, len(afl), 4)]
    assert ranges and all(sfi != 0x08 or end < last for sfi, _, end in ranges)
    assert status(one, read(last)) == "6A83"
    assert objects(send(one, select(CREDIT)))["DF61"].hex() == "40"
