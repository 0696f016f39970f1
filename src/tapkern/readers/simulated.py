"""A reader whose card is an object in this process."""

from __future__ import annotations

from typing import Protocol

from tapkern.readers.base import Detection


class CardLike(Protocol):
    """A card: any command in, an R-APDU out; reset when the field was off."""

    def transmit(self, command: bytes) -> bytes: ...

    def reset(self) -> None: ...


class SimulatedReader:
    """Presents one card at every detect. A card may raise CardLost to play a removal."""

    def __init__(self, card: CardLike, *, name: str = "sim") -> None:
        self.name = name
        self.card = card

    def detect(self, timeout_ms: int) -> Detection:
        """The card is always there; it starts afresh."""
        self.card.reset()
        return Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        """Hands the command to the card."""
        return self.card.transmit(command)

    def field_off(self, hold_ms: int) -> None:
        """The card loses its power; there is nothing to wait for."""
        self.card.reset()

    def close(self) -> None:
        """Nothing is held."""
