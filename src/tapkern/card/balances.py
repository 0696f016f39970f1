"""The money of an extended application: digest file 70 §8 as pure functions.

Amounts are whole minor units of at most n12. A payment that the money does not cover gives None: a
risk rule decides what that means. A script that the money forbids raises CardStatus.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum

from tapkern.card.memory import AMOUNT
from tapkern.card.status import CardStatus, Status


class Mode(Enum):
    """DF60, the kind of an extended transaction."""

    NONE = 0
    DEFERRED_FARE = 1
    PRE_AUTHORISATION = 2
    COMPLETION = 3


@dataclass(frozen=True, slots=True)
class Balances:
    """balance: 9F79. offset_limit: DF62. offset_used: DF63, of which nothing is left to spend."""

    balance: int
    offset_limit: int = 0
    offset_used: int = 0

    @property
    def deferred(self) -> int:
        """What a deferred fare may cost."""
        return self.balance + self.offset_limit - self.offset_used


def settle(mode: Mode, before: Balances, amount: int, hold: int) -> Balances | None:
    """The balances behind an extended transaction. `hold`: what a completion closes."""
    if mode is Mode.DEFERRED_FARE:
        return pay_deferred(before, amount)
    if mode is Mode.PRE_AUTHORISATION:
        return place_hold(before, amount)
    return complete(before, hold, amount)


def pay_deferred(before: Balances, amount: int) -> Balances | None:
    """Mode 01: from the balance, and what it lacks from the offset."""
    if amount > before.deferred:
        return None
    if amount <= before.balance:
        return dataclasses.replace(before, balance=before.balance - amount)
    lacking = amount - before.balance
    return dataclasses.replace(before, balance=0, offset_used=before.offset_used + lacking)


def place_hold(before: Balances, amount: int) -> Balances | None:
    """Mode 02: the hold leaves the balance."""
    if amount > before.balance:
        return None
    return dataclasses.replace(before, balance=before.balance - amount)


def complete(before: Balances, hold: int, amount: int) -> Balances | None:
    """Mode 03: the hold is gone, the amount is paid, and what is left repays the offset first."""
    if amount > before.balance + hold:
        return None
    if amount >= hold:
        return dataclasses.replace(before, balance=before.balance + hold - amount)
    return _repay(before, before.balance + hold - amount)


def load(before: Balances, value: int, limit: int, holds: int) -> Balances:
    """A script sets 9F79 to `value`; the offset is repaid out of it.

    limit: 9F77. holds: the sum of the open holds. CardStatus 6A80 when the new balance is above
    the limit, 6976 when it would be with the holds given back.
    """
    gained = max(value - before.offset_used, 0)
    if gained > limit:
        raise CardStatus(Status.DATA)
    if gained + holds > limit:
        raise CardStatus(Status.HOLDS_ABOVE_LIMIT)
    return _repay(before, value)


def set_offset_limit(before: Balances, value: int, limit: int) -> Balances:
    """A script sets DF62. limit: 9F77.

    CardStatus 6A80 when more is used already, 6985 when balance and offset could pass n12.
    """
    if value < before.offset_used:
        raise CardStatus(Status.DATA)
    if value + limit > AMOUNT:
        raise CardStatus(Status.CONDITIONS)
    return dataclasses.replace(before, offset_limit=value)


def set_balance_limit(before: Balances, value: int) -> int:
    """A script sets 9F77: the new limit. CardStatus 6985 when it and DF62 could pass n12."""
    if value + before.offset_limit > AMOUNT:
        raise CardStatus(Status.CONDITIONS)
    return value


def _repay(before: Balances, value: int) -> Balances:
    """The balance becomes `value` less what was offset, or the offset what `value` leaves of it."""
    if value > before.offset_used:
        return Balances(value - before.offset_used, before.offset_limit, 0)
    return Balances(0, before.offset_limit, before.offset_used - value)
