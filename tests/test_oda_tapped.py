"""The authentication of a tap as a data set: the same verdict as the tap, in both algorithms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern import Status, Terminal
from tapkern._numbers import StepKind
from tapkern.card import Card
from tapkern.oda import verify
from tapkern.oda.tapped import data_set
from tapkern.params.capk import resolve
from tapkern.readers.simulated import SimulatedReader

CONFIGS = "tapkern:params/configs"


@pytest.mark.parametrize(
    ("name", "config", "algorithm", "verified"),
    [
        ("dual", "demo-sm2.toml", "sm2", True),
        ("dual", "demo.toml", "rsa", True),
        ("debit", "demo-sm2.toml", "rsa", True),
        ("forged", "demo.toml", "rsa", False),
    ],
)
def test_the_set_says_what_the_tap_said(
    name: str, config: str, algorithm: str, verified: bool
) -> None:
    terminal = Terminal.from_toml(resolve(f"{CONFIGS}/{config}", Path()))
    exchanges: list[tuple[bytes, bytes]] = []

    def observe(_tap: object, exchange: object) -> None:
        if exchange.kind is StepKind.TRANSMIT:
            exchanges.append((exchange.request, exchange.answer))

    tap = terminal.tap(SimulatedReader(Card.load(name)), "12.50", on_step=observe)
    data = data_set(tap, exchanges)
    assert data is not None and data["ca_key"]["algorithm"] == algorithm
    verdict = verify(json.loads(json.dumps(data)))
    assert verdict.verified is verified is (tap.outcome.status is Status.APPROVED)
    assert verdict.failed_rule == (tap.outcome.oda_rule or None)


def test_sm_only_card_needs_an_sm2_key() -> None:
    card = Card.load("sm-only")
    approved = Terminal.from_toml(resolve(f"{CONFIGS}/demo-sm2.toml", Path())).tap(
        SimulatedReader(card), "1.00"
    )
    refused = Terminal.from_toml(resolve(f"{CONFIGS}/demo.toml", Path())).tap(
        SimulatedReader(card), "1.00"
    )
    assert approved.outcome.status is Status.APPROVED
    assert refused.outcome.status is Status.DECLINED and refused.outcome.oda_rule == "CK-008"
    assert data_set(refused, []) is None
