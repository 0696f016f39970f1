"""Every ready card at a terminal that suits it, with the end that its title promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tapkern import Status, Terminal
from tapkern._numbers import StepKind
from tapkern.card import Card, names
from tapkern.card.application import Application
from tapkern.cli.main import main
from tapkern.outcome import Cvm, Oda
from tapkern.params.capk import resolve
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import Exchange, Tap

ALL, OFFLINE, TRANSIT, RSA = "demo-all", "demo-offline", "demo-transit", "demo"


class Ready(NamedTuple):
    """A tap: amount and currency, how it ends, and what leaves the purse in minor units."""

    card: str
    config: str
    amount: str
    status: Status
    reason: str
    paid: int = 0
    cvm: Cvm = Cvm.NO_CVM
    oda: Oda = Oda.NOT_PERFORMED
    currency: int | None = None


A, D, O = Status.APPROVED, Status.DECLINED, Status.ONLINE_REQUEST  # noqa: E741
OK, BAD = Oda.SUCCESSFUL, Oda.FAILED
E, X = Status.END_APPLICATION, Status.TRY_ANOTHER_INTERFACE
TAPS = (
    Ready("debit", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("debit", OFFLINE, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("credit", ALL, "12.50", O, "card_asked_online"),
    Ready("credit", ALL, "1500.00", O, "card_asked_online", cvm=Cvm.ONLINE_PIN),
    Ready("pure-ec", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("dual", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("dual", RSA, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("sm-only", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("sm-only", RSA, "12.50", D, "authentication_failed", 1250, Cvm.NA, BAD),
    Ready("old", ALL, "12.50", D, "authentication_failed", 1250, Cvm.NA, BAD),
    Ready("old", "old", "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("phone", ALL, "800.00", O, "card_asked_online", cvm=Cvm.CDCVM),
    Ready("phone-confirm", ALL, "800.00", O, "card_asked_online", cvm=Cvm.CDCVM),
    Ready("transit", TRANSIT, "2.00", O, "online_authenticated", oda=OK),
    Ready("transit", ALL, "2.00", A, "approved_offline", 200, oda=OK),
    Ready("prepaid", ALL, "210.00", O, "card_asked_online", 21000),
    Ready("prepaid", ALL, "310.00", D, "card_declined", cvm=Cvm.NA),
    Ready("prepaid", ALL, "2.00", A, "approved_offline", 200, oda=OK),
    Ready("dual-currency", ALL, "2.00", A, "approved_offline", 200, oda=OK),
    Ready("dual-currency", ALL, "2.00", A, "approved_offline", 0, oda=OK, currency=840),
    Ready("dual-currency", ALL, "29.00", O, "card_asked_online", currency=840),
    Ready("multi", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("expired", ALL, "12.50", D, "expired", 1250, Cvm.NA),
    Ready("revoked", ALL, "12.50", D, "authentication_failed", 1250, Cvm.NA, BAD),
    Ready("revoked", RSA, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("blocked", ALL, "12.50", E, "no_application", cvm=Cvm.NA),
    Ready("blocked-card", ALL, "12.50", E, "no_application", cvm=Cvm.NA),
    Ready("forged", ALL, "12.50", D, "authentication_failed", 1250, Cvm.NA, BAD),
    Ready("low-balance", OFFLINE, "12.50", D, "card_declined", cvm=Cvm.NA),
    Ready("low-balance", ALL, "12.50", O, "card_asked_online"),
    Ready("new-card", ALL, "1.00", O, "card_asked_online"),
    Ready("new-card", OFFLINE, "1.00", D, "card_declined", cvm=Cvm.NA),
    Ready("worn-out", ALL, "1.00", X, "gpo_refused", cvm=Cvm.NA),
    Ready("transit-fare", ALL, "2.00", A, "approved_offline", 200, oda=OK),
    Ready("parking", ALL, "2.00", A, "approved_offline", 200, oda=OK),
    Ready("load", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
    Ready("vector", ALL, "12.50", A, "approved_offline", 1250, oda=OK),
)


def terminal(config: str) -> Terminal:
    if config == "old":  # a domestic terminal that still meets PBOC 2.0 cards
        path = resolve(f"tapkern:params/configs/{ALL}.toml", Path())
        return Terminal.from_toml(
            path.read_text("utf-8").replace('aid = "A000000333010101" # debit\n',
            'aid = "A000000333010101"\nswitches = { "fd.allow_v00" = true }\n')
        )  # fmt: skip
    return Terminal.from_toml(resolve(f"tapkern:params/configs/{config}.toml", Path()))


def tapped(card: Card, config: str, amount: str, **more: Any) -> tuple[Tap, list[bytes]]:
    commands: list[bytes] = []

    def observe(_: Tap, exchange: Exchange) -> None:
        if exchange.kind is StepKind.TRANSMIT:
            commands.append(exchange.request)

    tap = terminal(config).tap(SimulatedReader(card), amount, on_step=observe, **more)
    return tap, commands


def test_every_ready_card_has_a_tap() -> None:
    assert {ready.card for ready in TAPS} == set(names())


@pytest.mark.parametrize("ready", TAPS, ids=lambda r: f"{r.card}-{r.config}-{r.amount}")
def test_ready_card(ready: Ready) -> None:
    card = Card.load(ready.card)
    before = card.balance
    more = {} if ready.currency is None else {"currency": ready.currency}
    outcome = tapped(card, ready.config, ready.amount, **more)[0].outcome
    assert (outcome.status, outcome.reason) == (ready.status, ready.reason)
    assert (outcome.cvm, outcome.oda) == (ready.cvm, ready.oda)
    assert before - card.balance == ready.paid


def test_tap_in_dollars_spends_dollars() -> None:
    card = Card.load("dual-currency")
    tapped(card, ALL, "2.00", currency=840)
    application = card.applications[0]
    assert isinstance(application, Application)
    assert (application.counters.balance, application.counters.second_balance) == (20000, 2800)
    assert len(application.counters.log) == 1


def test_locked_phone_is_presented_twice() -> None:
    card = Card.load("phone-confirm")
    first = card.uid
    commands = tapped(card, ALL, "8.00")[1]
    assert [command[1] for command in commands].count(0xA8) == 2
    assert [command[1] for command in commands].count(0xB2) == 0
    assert card.uid != first


def test_token_reaches_the_data_record() -> None:
    tap, commands = tapped(Card.load("phone"), ALL, "8.00")
    assert [command[1] for command in commands].count(0xB2) == 1
    assert bytes.fromhex("9F241D") + b"6200TAPKERN" in tap.outcome.data_record
    assert bytes.fromhex("9F25024242") in tap.outcome.data_record


def test_revoked_card_is_declined_for_its_revocation() -> None:
    outcome = tapped(Card.load("revoked"), ALL, "1.00")[0].outcome
    assert outcome.oda_rule == "CK-021"


def test_list_has_a_title_of_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "list", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)["cards"]
    assert len(cards) == len(names()) >= 20
    titles = [card["title"] for card in cards]
    assert len(set(titles)) == len(titles) and all(len(title) <= 70 for title in titles)


def test_ready_cards_have_numbers_of_their_own() -> None:
    """A state of the wrong card is told by its applications only; the forged card copies one."""
    pans = [
        application.profile.pan
        for name in names()
        if name != "forged"
        for application in Card.load(name).applications
        if isinstance(application, Application)
    ]
    assert len(set(pans)) == len(pans)
    assert all(pan.startswith("62000000000") for pan in pans)
