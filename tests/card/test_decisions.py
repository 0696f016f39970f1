"""What the card decides: CS-002, CS-003, CS-010 to CS-025, CS-039, at their limits."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.terminal import (
    CREDIT,
    DEBIT,
    ONLINE_REQUIRED,
    Tap,
    balance,
    gpo,
    objects,
    read,
    run,
    send,
    start,
    status,
)

PIN_AND_SIGNATURE = "36000080"
OFFLINE = "2A000080"  # offline only, signature
OFFLINE_BARE = "28000080"  # offline only, no signature
CVM = "00400000"


def with_bits(ttq: str, bits: str) -> str:
    return f"{int(ttq, 16) | int(bits, 16):08X}"


def debit(*lines: str, purse: str = "") -> Card:
    text = 'base = "debit"\n[[application]]\n' + "\n".join(lines)
    return Card.from_toml(f"{text}\n[application.purse]\n{purse}\n", "changed")


def cvr(tap: Tap) -> str:
    return tap.gpo["9F10"][3:7].hex().upper()


def test_offline_approval_cs020_cs021() -> None:
    card = Card.load("debit")
    tap = run(card, amount=1250)
    assert tap.kind == "TC"
    assert cvr(tap) == "03900000"  # CS-003
    assert tap.gpo["9F5D"].hex() == "000000018750"
    assert tap.gpo["9F10"][9:15].hex() == "010000018750"
    assert tap.gpo["9F6C"].hex() == "0000"
    assert balance(card) == card.balance == 18750


@pytest.mark.parametrize(
    ("amount", "kind"), [(20000, "TC"), (20001, "AAC")], ids=["all of it", "one too much"]
)
def test_offline_only_terminal_may_spend_everything_cs020(amount: int, kind: str) -> None:
    tap = run(Card.load("debit"), ttq=OFFLINE, amount=amount)
    assert tap.kind == kind
    assert cvr(tap) == ("03900000" if kind == "TC" else "03802000")


def test_low_balance_declines_at_an_offline_only_terminal() -> None:
    card = Card.load("low-balance")
    tap = run(card, ttq=OFFLINE, amount=1250)
    assert tap.kind == "AAC" and "94" not in tap.gpo and "9F4B" not in tap.gpo
    assert tap.gpo["9F5D"].hex() == "000000000500"
    assert balance(card) == 500


@pytest.mark.parametrize(("amount", "kind"), [(19000, "TC"), (19001, "ARQC")])
def test_online_terminal_leaves_the_reset_threshold_cs020(amount: int, kind: str) -> None:
    tap = run(Card.load("debit"), amount=amount)
    assert tap.kind == kind
    assert cvr(tap) == ("03900000" if kind == "TC" else "03A02000")


@pytest.mark.parametrize(
    ("ttq", "amount", "kind"),
    [
        (PIN_AND_SIGNATURE, 9999, "TC"),
        (PIN_AND_SIGNATURE, 10000, "TC"),
        (PIN_AND_SIGNATURE, 10001, "ARQC"),
        (OFFLINE, 10000, "TC"),
        (OFFLINE, 10001, "AAC"),
    ],
)
def test_single_transaction_limit_cs020(ttq: str, amount: int, kind: str) -> None:
    tap = run(debit(purse="single = 10000"), ttq=ttq, amount=amount)
    assert tap.kind == kind
    assert cvr(tap)[4:6] == ("00" if kind == "TC" else "20")


def test_zero_amount_is_a_purchase_of_nothing() -> None:
    card = Card.load("debit")
    assert run(card, amount=0).kind == "TC"
    assert balance(card) == 20000


def test_terminal_can_demand_online_cs014() -> None:
    card = Card.load("debit")
    tap = run(card, ttq=ONLINE_REQUIRED, amount=1)
    assert tap.kind == "ARQC" and cvr(tap) == "03A00000"
    assert "94" not in tap.gpo and tap.gpo["57"].hex().startswith("6200000000000001016d4912220")
    assert tap.gpo["9F5D"].hex() == "000000020000"
    assert balance(card) == 20000


def test_offline_only_terminal_is_not_asked_about_online_required() -> None:
    assert run(Card.load("debit"), ttq=with_bits(OFFLINE, "00800000")).kind == "TC"


@pytest.mark.parametrize(
    ("ttq", "kind"), [(PIN_AND_SIGNATURE, "ARQC"), (OFFLINE, "AAC")], ids=["online", "offline"]
)
def test_card_without_an_offline_check_cs024(ttq: str, kind: str) -> None:
    tap = run(Card.load("credit"), CREDIT, ttq=ttq)
    assert tap.kind == kind and cvr(tap)[4:] == "0000"
    assert "9F5D" not in tap.gpo
    tap = run(debit('cap = "1900F000"'), ttq=ttq)  # a purse, but no check to spend it by
    assert tap.kind == kind and tap.gpo["9F5D"].hex() == "000000000000"


# cardholder verification


@pytest.mark.parametrize(
    ("ttq", "amount", "kind", "ctq"),
    [
        (PIN_AND_SIGNATURE, 30000, "TC", "0000"),  # the limit itself is free
        (PIN_AND_SIGNATURE, 30001, "ARQC", "8000"),  # CS-013: online PIN
        ("32000080", 30001, "TC", "4000"),  # no PIN entry: signature, and on
        ("30000080", 30001, None, ""),  # neither
        (OFFLINE, 30001, "TC", "4000"),  # CS-012
        (OFFLINE_BARE, 30001, None, ""),
        (OFFLINE_BARE, 30000, "TC", "0000"),
    ],
)
def test_card_cvm_limit_cs012_cs013(ttq: str, amount: int, kind: str | None, ctq: str) -> None:
    card = debit(purse="balance = 90000")
    if kind is None:
        start(card)
        assert status(card, gpo(ttq=ttq, amount=amount)) == "6985"
        return
    tap = run(card, ttq=ttq, amount=amount)
    assert (tap.kind, tap.gpo["9F6C"].hex()) == (kind, ctq)


@pytest.mark.parametrize(
    ("ttq", "cap", "kind", "ctq"),
    [
        ("36000080", "9900F000", "ARQC", "8000"),
        ("36000080", "99007000", "TC", "4000"),  # no PIN for the card's own currency
        ("34000080", "99007000", None, ""),
        ("36000080", "9900E000", "ARQC", "8000"),
        ("32000080", "9900E000", None, ""),  # no signature
        ("2A000080", "9900F000", "TC", "4000"),
        ("2E000080", "9900F000", "TC", "4000"),  # offline only: a PIN cannot be sent
        ("2A000080", "9900E000", None, ""),
        ("28000080", "9900F000", None, ""),
    ],
)
def test_terminal_demands_cvm_cs012_cs013(ttq: str, cap: str, kind: str | None, ctq: str) -> None:
    card = debit(f'cap = "{cap}"')
    ttq = with_bits(ttq, CVM)
    if kind is None:
        start(card)
        assert status(card, gpo(ttq=ttq, amount=1)) == "6985"
        return
    tap = run(card, ttq=ttq, amount=1)
    assert (tap.kind, tap.gpo["9F6C"].hex()) == (kind, ctq)


def test_signature_bit_is_signed_and_policy_bits_stay() -> None:
    card = debit('ctq = "2800"')
    tap = run(card, ttq=with_bits("32000080", CVM), amount=1)
    assert tap.gpo["9F6C"].hex() == "6800"
    assert tap.data["9F69"][5:7].hex() == "6800"


@pytest.mark.parametrize(
    ("cap", "ctq"),
    [("9900F000", "8000"), ("9900B000", "4000"), ("9900D000", "0000")],
    ids=["PIN", "signature", "nothing asked"],
)
def test_cvm_in_another_currency_cs012(cap: str, ctq: str) -> None:
    tap = run(debit(f'cap = "{cap}"'), currency="0840", amount=1)
    assert (tap.kind, tap.gpo["9F6C"].hex()) == ("ARQC", ctq)


# other currency, new card, PIN tries


@pytest.mark.parametrize(
    ("ttq", "cap", "kind"),
    [
        (PIN_AND_SIGNATURE, "9900D000", "ARQC"),  # CS-014
        (OFFLINE, "9900D000", "AAC"),  # CS-039
        (PIN_AND_SIGNATURE, "9940D000", "AAC"),  # CAP B2b7
        (OFFLINE, "9940D000", "AAC"),
    ],
)
def test_other_currency_cs014_cs039(ttq: str, cap: str, kind: str) -> None:
    card = debit(f'cap = "{cap}"')
    assert run(card, ttq=ttq, currency="0840", amount=1).kind == kind
    assert balance(card) == 20000


@pytest.mark.parametrize(
    ("line", "cap", "ttq", "kind", "byte3"),
    [
        ("last_online_atc = 0", "9900F000", PIN_AND_SIGNATURE, "ARQC", "10"),  # CS-015
        ("last_online_atc = 0", "8900F000", PIN_AND_SIGNATURE, "TC", "00"),
        ("last_online_atc = 0", "9900F000", OFFLINE, "TC", "00"),
        ("last_online_atc = 0", "9920F000", OFFLINE, "AAC", "10"),  # CS-010
        ("last_online_atc = 1", "9920F000", OFFLINE, "TC", "00"),
        ("pin_tries = 0", "9900F000", PIN_AND_SIGNATURE, "ARQC", "40"),  # CS-015
        ("pin_tries = 0", "9100F000", PIN_AND_SIGNATURE, "TC", "00"),
        ("pin_tries = 0", "9900F000", OFFLINE, "AAC", "40"),  # CS-011
        ("pin_tries = 1", "9900F000", OFFLINE, "TC", "00"),
    ],
)
def test_new_card_and_pin_tries(line: str, cap: str, ttq: str, kind: str, byte3: str) -> None:
    tap = run(debit(line, f'cap = "{cap}"'), ttq=ttq, amount=1)
    assert (tap.kind, cvr(tap)[4:6]) == (kind, byte3)


def test_card_that_prefers_contact_for_online_cs025() -> None:
    card = debit('cap = "9B00F000"')
    start(card)
    assert status(card, gpo(ttq=ONLINE_REQUIRED)) == "6985"
    assert run(card, ttq="26800080").kind == "ARQC"
    assert run(card, ttq=PIN_AND_SIGNATURE).kind == "TC"


# path


def test_path_cs002() -> None:
    card = Card.load("debit")
    start(card)
    answer = send(card, gpo(ttq="76000080"))
    assert answer[0] == 0x80 and answer[2:].hex() == "7c00" + "08010201" + "20010301" + "08040400"
    assert status(card, gpo(ttq="16000080")) == "6985"
    assert send(card, gpo(ttq="40000000"))[0] == 0x80
    assert send(card, gpo(ttq="20000000"))[0] == 0x77


def test_debit_credit_reads_the_records_and_commits_nothing() -> None:
    card = Card.load("multi")
    start(card, DEBIT)
    answer = send(card, gpo(ttq="76000080"))
    assert answer[2:].hex() == "7c00" + "08010301" + "20010301" + "08060600"
    places = [(1, 1), (2, 1), (3, 1), (1, 4), (2, 4), (3, 4), (6, 1)]
    found = b"".join(send(card, read(*place)) for place in places)
    assert objects(found).keys() >= {"5A", "8C", "8D", "8E", "8F", "90", "93", "9F46", "9F74"}
    assert "9F69" not in objects(found)
    assert status(card, read(5)) == "6985"  # 9F4B belongs to a purchase
    assert balance(card) == 30000
