"""Random choices that depend on seed and index alone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

from tapkern.card import faults

T = TypeVar("T")

LEAVING = ("leave-before", "leave-after", "leave-before-commit", "leave-after-commit")


class Draw:
    """The random numbers of one tap: the same for a pair of seed and index on every machine."""

    def __init__(self, seed: int, index: int) -> None:
        self._random = random.Random(f"{seed}:{index}")

    def chance(self, percent: float) -> bool:
        """True in so many of a hundred cases."""
        return self._random.random() * 100 < percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of them, all alike."""
        return self._random.choice(choices)

    def weighted(self, choices: Mapping[T, float]) -> T:
        """One of them by its weight."""
        return self._random.choices(list(choices), list(choices.values()))[0]

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def size(self, low: int, high: int) -> int:
        """A whole number whose order of magnitude is what is drawn."""
        bits = self._random.randint(max(low, 1).bit_length(), high.bit_length())
        return min(max(self._random.getrandbits(bits), low), high)

    def fault(self) -> str:
        """Any fault of the card's catalogue with any values, as a card file writes it."""
        return str(faults.draw(self._random, LEAVING if self.chance(20) else None))

    def hex(self, count: int) -> str:
        """So many bytes in hex."""
        return self._random.randbytes(count).hex().upper()
