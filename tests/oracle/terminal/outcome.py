"""Results, and the exceptions that end a tap early: file 20 section 7."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping


class Lost(Exception):
    """The card left the field, or gave no answer (APDU-004, APDU-005)."""


class Cancelled(Exception):
    """The operator has cancelled, while a card was waited for or at work."""


class End(Exception):
    """The outcome of this application or presentment is known: status, reason, rule."""

    def __init__(self, status: str, reason: str, rule: str) -> None:
        super().__init__(status, reason, rule)
        self.status, self.reason, self.rule = status, reason, rule


def cancelled(paid: bool = False) -> End:
    """No rule names it, but TT-005 and TT-018: paid is what only the card knows."""
    if paid:
        return End("end_application", "card_may_have_paid", "TT-005")
    return End("end_application", "cancelled", "")


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
class Purse:
    """A purse of a card (QP-152): from_card False is a card that does not tell the currency."""

    currency: int
    from_card: bool
    balance: int | None
    offline: int | None
    limit: int | None
    single: int | None
    reset: int | None


@dataclasses.dataclass(frozen=True)
class LogEntry:
    """A record. fields: None where the format of the card does not fit. load: LG-005."""

    raw: bytes
    fields: tuple[tuple[str, bytes], ...] | None = None
    load: tuple[str, int | None, int | None] | None = None


@dataclasses.dataclass(frozen=True)
class Log:
    """A log with the reason why no more records were read; the newest first."""

    end: str
    entries: tuple[LogEntry, ...] = ()


@dataclasses.dataclass(frozen=True)
class Info:
    """What a card told without a payment."""

    objects: Mapping[str, bytes]
    blocked: bool
    purses: tuple[Purse, ...]
    log: Log
    load_log: Log


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
    info: Info | None = None
    kept: Kept | None = dataclasses.field(default=None, repr=False, compare=False)
