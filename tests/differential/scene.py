"""What the parts of a random tap have to know of each other."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from tests.differential.draw import Draw

CNY, HKD = 156, 344


@dataclass(frozen=True)
class Scene:
    """The plan of a tap. easy: nothing beyond the plan goes wrong.

    plan: "offline" (everything is set for an offline approval), "online" (something asks for the
    host) or "any" (part by part, much of it by chance).
    """

    plan: str
    easy: bool
    amount: int
    currency: int
    date: datetime.date

    def part(self, draw: Draw) -> str:
        """The plan for one part of the tap: chance leans to what lets the tap go far."""
        return "offline" if self.plan == "any" and draw.chance(62) else self.plan


def near(amount: int) -> tuple[int, int, int]:
    """An amount with its neighbours: what limits are tried with."""
    return max(0, amount - 1), amount, min(amount + 1, 10**12 - 1)


def day(date: datetime.date, days: int) -> datetime.date:
    """A day that a card file can name."""
    moved = date + datetime.timedelta(days=days)
    first, last = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
    return min(max(moved, first), last)
