"""Taps that the operator cancels, while a card is waited for or at work (TT-016)."""

from __future__ import annotations

from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.themes import Parts

TORN, OTHERS = 12, 3
"""Percent of the taps of cards that leave, and of the others, that are cancelled."""


def apply(draw: Draw, parts: Parts) -> None:
    """Cancels some taps. Drawn behind everything else."""
    torn = any(one.get("at") == "last" and "before" in one for one in parts.mutations)
    if not draw.chance(TORN if torn else OTHERS):
        return
    if draw.chance(50):
        before = draw.weighted({0: 20, 1: 50, 2: 30}) if torn else draw.number(0, 1)
        parts.tap["detections"] = [*["card"] * before, "cancel"]
        return
    where = draw.pick(["any", "any", "any", "gpo", "record", "last", "last"])
    found: Document = {"kind": "cancel", "at": where, "before": draw.chance(50)}
    if where == "any":
        found["nth"] = draw.number(1, 12)
    if torn and draw.chance(60):
        found["from"] = 2
    parts.mutations.append(found)
