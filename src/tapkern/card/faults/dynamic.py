"""Faults of what the card computes at a tap: signatures, cryptograms, counters."""

from __future__ import annotations

from tapkern.card.faults import edit
from tapkern.card.faults.kinds import Effect, Kind, Layer, Values
from tapkern.card.faults.wire import Step


class SignatureBit(Effect):
    """The last bit of 9F4B is wrong, wherever it is sent."""

    def __init__(self, _: Values) -> None: ...

    def answer(self, step: Step, answer: bytes) -> bytes:
        def flip(items: list[edit.Item]) -> None:
            found = edit.find(items, 0x9F4B)
            if found and found.value:
                found.value = found.value[:-1] + bytes([found.value[-1] ^ 1])

        return edit.change(answer, flip)


KINDS = (
    Kind(
        name="sdad-bit",
        layer=Layer.DYNAMIC,
        meaning="one bit of the signature 9F4B is flipped in the answer",
        rule="DDA-002",
        make=SignatureBit,
    ),
)
