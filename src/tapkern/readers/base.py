"""What a reader is: four calls that move bytes. A reader decides nothing and keeps no card data."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, runtime_checkable


class Detection(Enum):
    """How waiting for a card ended."""

    CARD = "card"
    COLLISION = "collision"
    TIMEOUT = "timeout"
    CANCEL = "cancel"


@runtime_checkable
class Reader(Protocol):
    """A contactless reader.

    Errors: CardLost (card left, or no valid answer), CardTimeout (mute card), ReaderError (the
    reader itself is gone). Any other Exception is taken for a ReaderError.
    """

    name: str

    def detect(self, timeout_ms: int) -> Detection:
        """Switch the field on, wait at most timeout_ms for one card and activate it anew."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Send a C-APDU and return the R-APDU with SW1 SW2, 2 to 258 bytes."""
        ...

    def field_off(self, hold_ms: int) -> None:
        """Switch the field off for at least hold_ms; the next detect starts afresh."""
        ...

    def close(self) -> None:
        """Let go of the card and the reader. May be called twice."""
        ...
