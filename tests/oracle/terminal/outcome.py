"""Results, and the exceptions that end a tap early: file 20 section 7."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable


class Lost(Exception):
    """The card left the field, or gave no answer (APDU-004, APDU-005)."""


class End(Exception):
    """The outcome of this application or presentment is known: status, reason, rule."""

    def __init__(self, status: str, reason: str, rule: str) -> None:
        super().__init__(status, reason, rule)
        self.status, self.reason, self.rule = status, reason, rule


class Torn(Exception):
    """TT-005 with a record that was kept: the card is asked for again (TT-010)."""


class CallRefused(Exception):
    """The terminal does not take the call: nothing was sent, the field was not on (EP-004)."""


@dataclasses.dataclass(frozen=True)
class Kept:
    """What `complete` needs: cryptogram type, the data record as (tag, value) pairs, and how to
    drop what a store has kept of the tap."""

    kind: str
    paid: bool
    record: tuple[tuple[str, bytes], ...]
    drop: Callable[[], object]


@dataclasses.dataclass(frozen=True)
class Result:
    """Outcome of a tap. Amounts are minor units; field55 and data_record are TLV lists."""

    status: str
    reason: str
    rule: str
    cvm: str = "n_a"
    oda: str = "not_performed"
    oda_rule: str | None = None
    may_defer: bool = False
    card_may_have_paid: bool = False
    balance: int | None = None
    approval_code: str | None = None
    field55: bytes = b""
    data_record: bytes = b""
    commands: tuple[bytes, ...] = ()
    kept: Kept | None = dataclasses.field(default=None, repr=False, compare=False)
