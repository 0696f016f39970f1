"""Phones: the holder confirms on the device, random UID, token tags, a short AFL."""

from __future__ import annotations

import itertools

import pytest

from tapkern.card import Card
from tests.card.terminal import (
    CREDIT,
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

CDCVM = "36004080"
CVM_REQUIRED = "36404080"
PHONE = 'base = "credit"\n{}\n[phone]\n{}\n[[application]]\n{}\n'
TOKEN = """[application.token]
requestor = "62000000001"
account = "V001TAPKERN000000000000000001"
last_digits = "4321"
"""


def phone(
    settings: str = 'cdcvm = "needed"', lines: str = "", top: str = "", **more: object
) -> Card:
    return Card.from_toml(PHONE.format(top, settings, lines), "phone", **more)  # type: ignore[arg-type]


def test_second_presentment_works_after_the_holder_confirmed() -> None:
    card = phone()
    start(card, CREDIT)
    assert status(card, gpo(ttq=CDCVM)) == "6986"
    assert status(card, gpo(ttq=CDCVM)) == "6986"  # still the same presentment
    card.reset()
    card.reset()  # field off, field on
    tap = run(card, CREDIT, ttq=CDCVM)
    assert tap.kind == "ARQC" and tap.gpo["9F6C"].hex() == "0080"
    assert "94" not in tap.gpo and "9F5D" not in tap.gpo
    assert status(card, get_data("9F79")) == "6A88"
    card.reset()
    start(card, CREDIT)
    assert status(card, gpo(ttq=CDCVM)) == "6986"  # a confirmation serves one payment


def test_field_without_a_gpo_asks_nobody() -> None:
    card = phone()
    for _ in range(3):
        start(card, CREDIT)
        card.reset()
    start(card, CREDIT)
    assert status(card, gpo(ttq=CDCVM)) == "6986"


@pytest.mark.parametrize("after", [1, 2, 3])
def test_holder_takes_his_time(after: int) -> None:
    card = phone(f'cdcvm = "needed"\nconfirm_after = {after}')
    for _ in range(after):
        start(card, CREDIT)
        assert status(card, gpo(ttq=CDCVM)) == "6986"
        card.reset()
    assert run(card, CREDIT, ttq=CDCVM).kind == "ARQC"


def test_holder_who_never_confirms_by_himself() -> None:
    card = phone('cdcvm = "needed"\nconfirm_after = 0')
    for _ in range(4):
        start(card, CREDIT)
        assert status(card, gpo(ttq=CDCVM)) == "6986"
        card.reset()
    card.confirm()
    assert run(card, CREDIT, ttq=CDCVM).kind == "ARQC"
    assert card.phone is not None and card.phone.confirmed
    card.reset()
    assert not card.phone.confirmed


def test_confirmed_before_the_tap() -> None:
    card = phone('cdcvm = "done"')
    for _ in range(3):
        assert run(card, CREDIT, ttq=CDCVM).gpo["9F6C"].hex() == "0080"
        card.reset()
    Card.load("credit").confirm()  # a card has nobody to confirm


@pytest.mark.parametrize(
    ("ttq", "ctq"),
    [
        (CVM_REQUIRED, "0080"),  # the device is enough
        ("36400080", "8080"),  # not for a terminal that does not know it
        ("32400080", "4080"),
    ],
)
def test_verified_device_needs_no_other_check(ttq: str, ctq: str) -> None:
    assert run(phone('cdcvm = "done"'), CREDIT, ttq=ttq).gpo["9F6C"].hex() == ctq


def test_verification_is_signed() -> None:
    text = 'base = "debit"\n[phone]\n'
    tap = run(Card.from_toml(text, "phone"), ttq=CVM_REQUIRED)
    assert tap.kind == "TC" and tap.data["9F69"][5:7].hex() == tap.gpo["9F6C"].hex() == "0080"


def test_uid() -> None:
    numbers = itertools.count(1)
    card = phone(random=lambda count: next(numbers).to_bytes(count, "big"))
    assert card.uid.hex() == "08000001" == card.uid.hex()
    card.reset()
    assert card.uid.hex() == "08000002"
    plain = Card.load("debit")
    before = plain.uid
    plain.reset()
    assert plain.uid == before == Card.load("debit").uid and len(before) == 7
    assert before != Card.load("low-balance").uid
    assert phone(top='uid = "08112233"').uid.hex() == "08112233"


def test_token_is_in_a_record_of_its_own_tk001() -> None:
    card = phone(lines=TOKEN)
    start(card, CREDIT)
    record = objects(send(card, read(2)))
    assert record == {
        "9F19": bytes.fromhex("062000000001"),
        "9F24": b"V001TAPKERN000000000000000001",
        "9F25": bytes.fromhex("4321"),
    }
    send(card, select(CREDIT))
    card.confirm()
    answer = send(card, gpo(ttq="76004080"))
    assert answer[4:8].hex() == "08010301"  # debit/credit reads it with the others
    assert "90" in objects(send(card, read(3)))


def test_short_afl_behind_an_arqc() -> None:
    card = phone('cdcvm = "done"', lines=TOKEN + "in_arqc = true\n")
    tap = run(card, CREDIT, ttq=CDCVM)
    assert tap.kind == "ARQC" and tap.gpo["94"].hex() == "08020200"
    assert tap.data["9F25"].hex() == "4321" and tap.static == b""


def test_token_of_a_card_that_pays_offline() -> None:
    text = 'base = "{}"\n[[application]]\n' + TOKEN
    card = Card.from_toml(text.format("dual"), "token")
    for df69 in ("00", "01"):
        tap = run(card, df69=df69)
        assert tap.kind == "TC" and tap.data["9F25"].hex() == "4321"
        assert tap.gpo["94"][3] == 1  # one record is authenticated, not the token's


def test_some_token_tags_alone() -> None:
    card = phone(lines='[application.token]\nlast_digits = "0001"\n')
    start(card, CREDIT)
    assert objects(send(card, read(2))) == {"9F25": b"\x00\x01"}
