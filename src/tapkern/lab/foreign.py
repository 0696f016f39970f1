"""A case before a terminal that has a reader of its own: the card to give it, and what to set up.

`tapkern card serve` puts a card file into a virtual PC/SC reader. What happens on the air in a case
needs the runner, so it is told and not done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tapkern.data.money import format_amount
from tapkern.errors import UsageError
from tapkern.lab.stand import dated
from tapkern.lab.suite import Case, Suite


@dataclass(frozen=True, slots=True)
class TerminalSide:
    """What somebody who puts a case before a terminal has to know. card: a card file."""

    case: Case
    card: dict[str, Any]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Card, terminal and first transaction as the suite has them."""
        return {
            "id": self.case.id,
            "card": self.case.cards[0].personalisation,
            "terminal": self.case.configuration,
            "transaction": self.case.taps[0].transaction,
            "notes": list(self.notes),
        }


def terminal_side(suites: Sequence[Suite], identifier: str) -> TerminalSide:
    """The card of a case. Errors: UsageError for an id that is not there, or a recorded card."""
    found = {case.id: case for suite in suites for case in suite.cases}
    case = found.get(identifier)
    if not isinstance(case, Case):
        raise UsageError("there is no such case with a card", identifier)
    personalisation = case.cards[0].personalisation
    if personalisation is None:
        raise UsageError("the card of this case is a recording", identifier)
    return TerminalSide(case, dated(personalisation), tuple(_notes(case)))


def _notes(case: Case) -> Iterator[str]:
    first = case.taps[0].transaction
    amount = format_amount(first["amount"], first["exponent"])
    yield f"terminal {case.terminal}, amount {amount}, type {first['type']:02X}"
    for check in case.checks:
        if check.body.get("field") == "outcome" and check.when == "outcome":
            words = [check.body.get("is"), *check.body.get("one_of", ())]
            if any(words):
                yield f"tap {check.tap} ends with {' or '.join(str(one) for one in words if one)}"
    if len(case.taps) > 1:
        yield f"{len(case.taps)} taps with this card"
    for mutation in case.mutations:
        yield f"on the air, not done: {mutation['kind']} at {mutation['at']}"
    for name in ("detections", "who", "waits"):
        if name in case.surroundings:
            yield f"on the air, not done: {name}"
