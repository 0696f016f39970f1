"""What a card can be told to do wrong, by name.

`catalogue` lists the faults; each layer has modules: `transport` (the field, whole answers),
`steps` (answers in steps), `tlv`, `selection` and `gpo` (objects), `certificates` (what the issuer
signs), `dynamic` (what the card signs). A fault acts at one of the places of `kinds.Effect`; the
rules of a correct card know nothing of it.
"""

from tapkern.card.faults.catalogue import KINDS, Fault, describe, draw, find, misbehaviour
from tapkern.card.faults.kinds import Part
from tapkern.card.faults.wire import Misbehaviour

__all__ = [
    "KINDS", "Fault", "Misbehaviour", "Part", "describe", "draw", "find", "misbehaviour",
]  # fmt: skip
