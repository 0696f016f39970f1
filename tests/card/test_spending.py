"""What an offline card may spend: CS-022 to CS-026, two currencies, discretionary data 01 to 05."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.application import Application
from tapkern.card.memory import Counters
from tapkern.issuer import cryptogram
from tapkern.issuer.keys import master_keys
from tests.card.terminal import (
    ONLINE_REQUIRED,
    Tap,
    authenticate,
    balance,
    get_data,
    gpo,
    objects,
    read,
    run,
    send,
    start,
    status,
)

ONLINE = "36000080"
OFFLINE = "2A000080"
DOLLAR = "0840"
LAST = 4

RISK = "[application.risk]\ncumulative_limit = 3000\ncumulative_upper = 5000\n"
FOREIGN = "[application.risk]\nforeign_currency_limit = 2\n"
SECOND = """[application.second]
currency = "0840"
cvm_limit = 4000
balance = 9000
limit = 10000
single = 5000
reset = 500
"""


def debit(cap: str, tables: str = "", lines: str = "", **more: object) -> Card:
    text = f'base = "debit"\n[[application]]\ncap = "{cap}"\n{lines}\n{tables}'
    return Card.from_toml(text, "changed", **more)  # type: ignore[arg-type]


def counters(card: Card) -> Counters:
    application = card.applications[0]
    assert isinstance(application, Application)
    return application.counters


def cvr(tap: Tap) -> str:
    return tap.gpo["9F10"][3:7].hex().upper()


def shown(tap: Tap) -> tuple[str, list[int]]:
    """Kind, and the amounts of the discretionary data."""
    data = tap.gpo["9F10"][10:]
    size = tap.gpo["9F10"][8] - 5
    return tap.kind, [int(data[at : at + 5].hex()) for at in range(0, size, 5)]


AND, OR = "D900F000", "B900F000"


@pytest.mark.parametrize(
    ("cap", "ttq", "amount", "kind", "left", "cumulative"),
    [
        (AND, ONLINE, 3000, "TC", 17000, 3000),  # both hold, both move
        (AND, ONLINE, 3001, "ARQC", 20000, 0),  # 9F54
        (AND, OFFLINE, 3001, "TC", 16999, 3001),  # 9F5C for an offline-only terminal
        (AND, OFFLINE, 5000, "TC", 15000, 5000),
        (AND, OFFLINE, 5001, "AAC", 20000, 0),
        (OR, ONLINE, 5000, "TC", 15000, 0),  # the purse pays, CTTA is not asked
        (OR, ONLINE, 19001, "ARQC", 20000, 0),  # neither
    ],
)
def test_ctta_cs022(cap: str, ttq: str, amount: int, kind: str, left: int, cumulative: int) -> None:
    card = debit(cap, RISK)
    tap = run(card, ttq=ttq, amount=amount)
    assert tap.kind == kind
    assert cvr(tap)[4:6] == ("00" if kind == "TC" else "20")
    assert (balance(card), counters(card).cumulative) == (left, cumulative)


@pytest.mark.parametrize(
    ("ttq", "amount", "kind"),
    [(ONLINE, 3000, "TC"), (ONLINE, 3001, "ARQC"), (OFFLINE, 5000, "TC"), (OFFLINE, 5001, "AAC")],
)
def test_ctta_pays_what_the_purse_cannot_cs022(ttq: str, amount: int, kind: str) -> None:
    card = debit(OR, RISK + "[application.purse]\nsingle = 100\n")
    assert run(card, ttq=ttq, amount=amount).kind == kind
    assert balance(card) == 20000  # not the purse
    assert counters(card).cumulative == (amount if kind == "TC" else 0)


def test_ctta_grows_until_its_limit_and_only_with_the_last_record_cs022() -> None:
    card = debit(AND, RISK)
    assert run(card, amount=2000).kind == "TC"
    start(card)
    assert objects(send(card, gpo(amount=500)))["94"]  # torn before the last record
    assert counters(card).cumulative == 2000
    assert run(card, amount=1000).kind == "TC"
    assert run(card, amount=1).kind == "ARQC"
    assert run(card, amount=1, ttq=OFFLINE).kind == "TC"  # up to 9F5C
    assert counters(card).cumulative == 3001


@pytest.mark.parametrize(
    ("cap", "available"), [(AND, 5000), (OR, 20000), ("9900F000", 20000)], ids=["and", "or", "-"]
)
def test_available_offline_with_ctta(cap: str, available: int) -> None:
    card = debit(cap, RISK)
    start(card)
    assert int(objects(send(card, get_data("9F5D")))["9F5D"].hex()) == available
    assert int(run(card, amount=100).gpo["9F5D"].hex()) == available - 100


def test_without_an_upper_limit_9f54_is_the_limit_for_all() -> None:
    tables = "[application.risk]\ncumulative_limit = 3000\n"
    assert run(debit(AND, tables), ttq=OFFLINE, amount=3000).kind == "TC"
    assert run(debit(AND, tables), ttq=OFFLINE, amount=3001).kind == "AAC"


# CS-023


@pytest.mark.parametrize(("ttq", "kind"), [(ONLINE, "ARQC"), (OFFLINE, "AAC")])
def test_purchases_in_another_currency_are_counted_cs023(ttq: str, kind: str) -> None:
    card = debit("9D00D000", FOREIGN)
    for done in (1, 2):
        tap = run(card, ttq=ttq, currency=DOLLAR, amount=99999)
        assert tap.kind == "TC" and cvr(tap) == "03900000"
        authenticate(tap)
        assert counters(card).foreign == done
    tap = run(card, ttq=ttq, currency=DOLLAR, amount=1)
    assert (tap.kind, cvr(tap)[4:6]) == (kind, "20")
    assert balance(card) == 20000 and counters(card).foreign == 2
    assert run(card, ttq=ttq).kind == "TC"  # its own currency is another matter


def test_torn_purchase_in_another_currency_is_not_counted_cs023() -> None:
    card = debit("9D00D000", FOREIGN)
    start(card)
    assert "94" in objects(send(card, gpo(currency=DOLLAR)))
    card.reset()
    assert counters(card).foreign == 0


def test_a_card_without_a_purse_can_approve_in_another_currency_cs023() -> None:
    card = Card.from_toml(
        f'base = "credit"\n[[application]]\ncap = "1C00D000"\n{FOREIGN}', "changed"
    )
    tap = run(card, "A000000333010102", currency=DOLLAR)
    assert tap.kind == "TC" and "9F74" not in tap.data and "9F69" in tap.data
    authenticate(tap)
    assert run(card, "A000000333010102").kind == "ARQC"


def test_card_that_allows_no_other_currency_cs039() -> None:
    tap = run(debit("9D40D000", FOREIGN), currency=DOLLAR)
    assert tap.kind == "AAC" and cvr(tap)[4:6] == "00"


# CS-026


PREPAID = "9980F000"


@pytest.mark.parametrize(
    ("amount", "kind", "left"), [(1, "ARQC", 19999), (20000, "ARQC", 0), (20001, "AAC", 20000),
                                 (0, "AAC", 20000)],
)  # fmt: skip
def test_prepaid_card_pays_with_its_arqc_cs026(amount: int, kind: str, left: int) -> None:
    card = debit(PREPAID, "[application.purse]\nreset = 0\n")
    tap = run(card, ttq=ONLINE_REQUIRED, amount=amount)
    assert tap.kind == kind and "94" not in tap.gpo
    assert int(tap.gpo["9F5D"].hex()) == left and shown(tap)[1] == [left]
    assert balance(card) == left


def test_prepaid_deduction_outlives_everything_cs026_cs044(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = debit(PREPAID, state=state)
    start(card)
    send(card, gpo(ttq=ONLINE_REQUIRED, amount=300))
    assert status(card, read(LAST)) == "6985"
    card.reset()
    assert debit(PREPAID, state=state).balance == card.balance == 19700


def test_prepaid_card_at_contact_or_offline_or_in_another_currency_cs025_cs026() -> None:
    card = debit("9B80F000")
    start(card)
    assert status(card, gpo(ttq=ONLINE_REQUIRED)) == "6985"  # CS-025 comes first
    assert card.balance == 20000
    card = debit("9980D000")
    assert run(card, currency=DOLLAR).kind == "AAC"  # nothing to pay from
    assert run(card, ttq=OFFLINE, amount=30000).kind == "AAC"
    assert run(card, amount=100).kind == "TC" and card.balance == 19900  # offline as ever


def test_prepaid_arqc_is_not_given_when_the_deduction_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    card = debit(PREPAID, state=tmp_path / "card.json")
    start(card)
    replace, calls = os.replace, []

    def second_fails(*names: object) -> None:
        calls.append(names)
        if len(calls) == 2:
            raise OSError("disk full")
        replace(*names)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", second_fails)
    assert status(card, gpo(ttq=ONLINE_REQUIRED)) == "6581"
    assert len(calls) == 2 and card.balance == 20000


# two currencies


def second(card: Card) -> int:
    return int(objects(send(card, get_data("DF79")))["DF79"].hex())


@pytest.mark.parametrize(
    ("ttq", "amount", "kind", "ctq"),
    [
        (ONLINE, 4000, "TC", "0000"),  # DF72
        (ONLINE, 4001, "ARQC", "8000"),
        ("32000080", 5000, "TC", "4000"),  # DF78
        ("32000080", 5001, "ARQC", "4000"),
        (OFFLINE, 5001, "AAC", "4000"),
    ],
)
def test_second_currency_has_its_own_limits(ttq: str, amount: int, kind: str, ctq: str) -> None:
    card = debit("9900F000", SECOND)
    tap = run(card, ttq=ttq, amount=amount, currency=DOLLAR)
    assert (tap.kind, tap.gpo["9F6C"].hex()) == (kind, ctq)
    left = 9000 - (amount if kind == "TC" else 0)
    assert int(tap.gpo["9F5D"].hex()) == left and shown(tap)[1] == [left]
    start(card)
    assert (balance(card), second(card)) == (20000, left)


def test_second_currency_leaves_its_threshold_df76() -> None:
    card = debit("9900F000", SECOND)
    assert run(card, amount=4000, currency=DOLLAR).kind == "TC"
    assert run(card, amount=4000, currency=DOLLAR).kind == "TC"
    assert run(card, amount=501, currency=DOLLAR).kind == "ARQC"
    assert run(card, amount=500, currency=DOLLAR).kind == "TC"
    assert run(card, amount=500, ttq=OFFLINE, currency=DOLLAR).kind == "TC"
    assert counters(card).second_balance == 0 and card.balance == 20000
    assert run(card, amount=1000).kind == "TC" and card.balance == 19000


def test_get_data_of_both_purses() -> None:
    card = debit("9900F000", SECOND)
    start(card)
    expected = {
        "DF71": "0840",
        "DF72": "000000004000",
        "DF76": "000000000500",
        "DF77": "000000010000",
        "DF78": "000000005000",
        "DF79": "000000009000",
        "9F51": "0156",
        "9F79": "000000020000",
    }
    for tag, value in expected.items():
        assert objects(send(card, get_data(tag))) == {tag: bytes.fromhex(value)}


@pytest.mark.parametrize("ttq", [ONLINE, "76000080"], ids=["qPBOC", "debit/credit"])
def test_balance_and_threshold_are_those_of_the_transaction_ec046(ttq: str) -> None:
    card = debit("9900F000", SECOND)
    start(card)
    send(card, gpo(ttq=ttq, currency=DOLLAR))
    assert balance(card) == 9000
    assert int(objects(send(card, get_data("9F6D")))["9F6D"].hex()) == 500
    assert int(objects(send(card, get_data("9F77")))["9F77"].hex()) == 100000
    send(card, gpo(ttq=ttq))
    assert balance(card) == 20000
    send(card, gpo(ttq=ttq, currency=DOLLAR))
    start(card)
    assert balance(card) == 20000


def test_second_currency_does_not_count_for_ctta() -> None:
    card = debit(AND, SECOND + RISK)
    assert run(card, amount=3500, currency=DOLLAR).kind == "TC"
    assert counters(card).cumulative == 0


def test_prepaid_card_pays_from_the_second_purse_cs026() -> None:
    card = debit(PREPAID, SECOND)
    assert run(card, ttq=ONLINE_REQUIRED, amount=4000, currency=DOLLAR).kind == "ARQC"
    assert (card.balance, counters(card).second_balance) == (20000, 5000)


# 9F10


@pytest.mark.parametrize(
    ("idd", "values"),
    [(1, [17500]), (2, [2500]), (3, [17500, 2500]), (4, [2500, 3000]), (5, [2500])],
)
def test_discretionary_data_and_their_mac(idd: int, values: list[int]) -> None:
    card = debit(AND, RISK, f"idd = {idd}")
    tap = run(card, amount=2500)
    assert shown(tap) == ("TC", values)
    data = tap.gpo["9F10"]
    assert data[8] == len(data) - 9 and data[9] == idd
    amounts, mac = data[10:-4], data[-4:]
    udk = cryptogram.derive_udk(master_keys("test").mac, "6200000000000001016", "01")
    block = bytes.fromhex("0001") + amounts + b"\0" * (1 if len(amounts) == 5 else 4)
    block += bytes.fromhex("8000000000000000") if len(amounts) == 5 else b""
    assert cryptogram.retail_mac(cryptogram.session_key(udk, 1), block)[:4] == mac
