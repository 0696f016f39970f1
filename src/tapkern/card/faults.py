"""What a card can be told to do wrong, by name.

Each fault has a name, a one-line meaning and the rule of the terminal that it attacks.
"""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """A misbehaviour; `value` is its name in a card file."""

    SDAD_BIT = "sdad-bit"

    @property
    def meaning(self) -> str:
        """What the card does."""
        return _TEXTS[self][0]

    @property
    def rule(self) -> str:
        """The requirement that the fault tries."""
        return _TEXTS[self][1]


_TEXTS = {Fault.SDAD_BIT: ("one bit of the signature 9F4B is flipped in the answer", "DDA-003")}
