"""The simulated card: what a card answers, written without a look at the kernel.

Rules of this room: it knows `data`, `errors` and `issuer` and never the terminal's side. Every rule
carries its id (CS-nnn) next to the code. Layouts are `construct` (`layouts`), decisions are pure
functions (`rules`), what lasts is in `memory`, what a tap prepares is in `application`,
`model` is the card with its commands, and what it does wrong when told so is in `faults`. Ready
cards are the TOML files in `cards/`.
"""

from tapkern.card.faults import Fault
from tapkern.card.model import Card, names

__all__ = ["Card", "Fault", "names"]
