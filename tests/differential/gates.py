"""Taps at gates: the TTQ is chosen after SELECT by DF61 of the card (TR-001 to TR-005, TR-008)."""

from __future__ import annotations

from tests.differential.cards import Facts
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import Scene
from tests.differential.terminals import COMPUTED, JRT, TTQ_BITS
from tests.differential.themes import Parts

SHARE = 18
"""Percent of the taps whose terminal has a TTQ for new or old cards."""
BYTE_1 = tuple(TTQ_BITS)[:8]
NEW = ("emv_mode", "oda_for_online")
INDICATORS = ("40", "40", "40", "C0", "00", "10", "BC")
EXTENDED = ("41", "42", "01", "BF")
"""DF61 of cards that have extended transactions, which need a purse."""


def apply(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Makes some terminals gates. Drawn behind everything that fits parts to each other."""
    if not draw.chance(SHARE):
        return
    for one in parts.terminal["combination"]:
        if "ttq" in one and draw.chance(80):
            _by_card(draw, one)
    if "base" not in parts.card:
        if draw.chance(85):
            found = INDICATORS + (EXTENDED if "purse" in parts.application else ())
            parts.application["df61"] = draw.pick(found)
        else:
            parts.application.pop("df61", None)
    if draw.chance(40):
        _waits(draw, parts)
    if draw.chance(12):
        _fare_not_known(draw, parts)


def _by_card(draw: Draw, one: Document) -> None:
    if one.get("profile") != JRT and draw.chance(80):
        one["ttq_oda"] = _chosen(draw, one, NEW)
    if draw.chance(70):
        one["ttq_old"] = _chosen(draw, one, (draw.pick(["emv_mode"] * 5 + ["contactless_dc"]),))


def _chosen(draw: Draw, one: Document, needed: tuple[str, ...]) -> list[str]:
    """Any byte 1 that has what is needed, perhaps B2b8; else as the TTQ."""
    like = {"contactless_dc": 8, "mag_stripe": 3, "emv_mode": 97, "oda_for_online": 12}
    named = set(needed)
    if one.get("profile") == JRT:
        like["oda_for_online"] = 0
    for name in BYTE_1:
        if draw.chance(like.get(name, 85 if name in one["ttq"] else 15)):
            named.add(name)
    if draw.chance(60 if needed == NEW else 12):
        named.add(COMPUTED[0])
    named |= {name for name in one["ttq"] if name not in (*BYTE_1, *COMPUTED)}
    return [name for name in (*TTQ_BITS, *COMPUTED) if name in named]


def _waits(draw: Draw, parts: Parts) -> None:
    """Open now and authorise later, or nothing at all (QP-125, QP-126, QP-130)."""
    for one in parts.terminal["combination"]:
        switches = one.setdefault("switches", {})
        switches["qp.deferred_auth"] = True
        if draw.chance(60):
            switches["qp.online_oda_fail"] = "decline"
    parts.tap["host"] = draw.pick(["", "", "00", "05"])
    if draw.chance(30):
        parts.card["faults"] = [draw.pick(["sdad-bit", "icc-hash", "signed-amount"])]


def _fare_not_known(draw: Draw, parts: Parts) -> None:
    """TR-008: 0 or one minor unit at the entry."""
    parts.tap["amount"] = draw.pick([0, 0, 1])
    for one in parts.terminal["combination"]:
        one["zero_amount"] = draw.chance(80)
