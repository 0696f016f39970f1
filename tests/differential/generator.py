"""Tap number n of a run: a random card, terminal, transaction and mutations.

A tap follows from seed and index alone. Three plans keep the outcomes balanced: one where all is
set for an offline approval, one that leads to the host, one of pure chance.
"""

from __future__ import annotations

import datetime

from tests.differential import cancels, cards, gates, inquiries, terminals, themes, torn, wrong
from tests.differential.cards import MOST
from tests.differential.documents import Case, Document
from tests.differential.draw import Draw
from tests.differential.scene import CNY, HKD, Scene

HOSTS = {"00": 50, "51": 22, "": 22, "05": 2, "91": 1, "Z1": 1, "10": 1, "11": 1}
TYPES = (0x00, 0x00, 0x01, 0x09, 0x20, 0x30)


def case(seed: int, index: int) -> Case:
    """One tap of a run."""
    draw = Draw(seed, index)
    scene = _scene(draw)
    card, facts = cards.card(draw, scene)
    if draw.chance(24):
        card["faults"] = [draw.fault() for _ in range(draw.pick([1, 1, 1, 2]))]
    terminal = terminals.terminal(draw, scene, facts)
    tap = _tap(draw, scene, facts)
    parts = themes.Parts(card, terminal, tap, list(wrong.mutations(draw, scene)))
    themes.apply(draw, scene, facts, parts)
    torn.apply(draw, scene, facts, parts)
    gates.apply(draw, scene, facts, parts)
    inquiries.apply(draw, scene, facts, parts)
    cancels.apply(draw, parts)
    terminals.sealable(terminal)
    return Case(seed, index, card, terminal, tap, tuple(parts.mutations))


def _scene(draw: Draw) -> Scene:
    plan = draw.weighted({"offline": 46, "online": 13, "any": 41})
    easy = plan != "any" and draw.chance(55)
    amount = draw.size(1, 99_999)
    if not easy and draw.chance(9):
        amount = draw.pick([0, 0, 1, 100, 1000, MOST, 2**32 - 1, 2**32])
    first = datetime.date(2024, 1, 1)
    date = first + datetime.timedelta(days=draw.number(0, 2500))
    currency = CNY if easy or draw.chance(85) else HKD
    return Scene(plan, easy, amount, currency, date)


def _tap(draw: Draw, scene: Scene, facts: cards.Facts) -> Document:
    found: Document = {
        "amount": scene.amount,
        "currency": scene.currency,
        "date": scene.date.strftime("%y%m%d"),
        "time": f"{draw.number(0, 23):02}{draw.number(0, 59):02}{draw.number(0, 59):02}",
        "sequence": draw.number(1, 99_999_999),
        "unpredictable": draw.hex(8),
        "card_random": draw.number(0, 2**31),
        "host": draw.weighted(HOSTS),
    }
    if draw.chance(10):
        found["other"] = (
            draw.size(0, 9999) if draw.chance(85) else draw.pick([MOST, 2**32, 2**32 - 1])
        )
    if not scene.easy:
        _unusual(draw, found)
    store = draw.weighted({"kept": 91, "failed": 4, "": 5})
    if store:
        found["store"] = store
    if draw.chance(50):
        found["listed"] = [facts.pan] if draw.chance(15) else ["6200000000000009999"]
    return found


def _unusual(draw: Draw, found: Document) -> None:
    """Types, exponents and dates that a tap seldom has, and how cards come to the field."""
    if draw.chance(10):
        found["type"] = draw.pick(TYPES)
    if draw.chance(12):
        found["exponent"] = draw.pick([0, 1, 2, 3])
    if draw.chance(2):
        found["date"] = draw.pick(["261301", "260230", "260229", "000000", "490101", "501231"])
    if draw.chance(2):
        found["start"] = "B"
    if draw.chance(12):
        found["detections"] = draw.pick(
            [["collision"], ["card", "none"], ["none"], ["collision", "collision", "card", "none"]]
        )
