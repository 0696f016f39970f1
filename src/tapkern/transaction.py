"""What a transaction is, as the POS gives it to the terminal."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from tapkern._numbers import Purpose, StartCode
from tapkern.data.money import MAX_AMOUNT, parse_amount
from tapkern.errors import UsageError

Amount = str | Decimal | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One transaction. Amounts are minor units (n12); date YYMMDD, time HHMMSS, local time.

    type is 9C, currency the ISO 4217 number, sequence 9F41. start is A, or B for a fixed amount
    whose limits were checked beforehand (EP-004). torn is a record that a store kept: the tap that
    it was kept for is brought to its end (TT-010...TT-020). Values are checked for form only; what
    they mean is decided by the kernel (an impossible date ends the tap, QP-176).
    """

    amount: int
    other: int = 0
    type: int = 0x00
    currency: int = 156
    exponent: int = 2
    date: str
    time: str
    sequence: int = 1
    purpose: Purpose = Purpose.PAYMENT
    start: StartCode = StartCode.A
    torn: bytes | None = field(default=None, repr=False)  # it holds a card number

    def __post_init__(self) -> None:
        _in_range("amount", self.amount, MAX_AMOUNT)
        _in_range("other amount", self.other, MAX_AMOUNT)
        _in_range("transaction type", self.type, 0xFF)
        _in_range("currency", self.currency, 999)
        _in_range("exponent", self.exponent, 9)
        _in_range("sequence", self.sequence, 99_999_999)
        _six_digits("date", self.date, "YYMMDD")
        _six_digits("time", self.time, "HHMMSS")


def _in_range(what: str, value: object, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise UsageError(f"{what} must be a whole number from 0 to {high}, not {value!r}")


def _six_digits(what: str, value: object, form: str) -> None:
    if not isinstance(value, str) or len(value) != 6 or not (value.isascii() and value.isdigit()):
        raise UsageError(f"{what} must be {form}, not {value!r}")


def minor_units(amount: object, exponent: int, what: str = "amount") -> int:
    """Minor units of an amount: str and Decimal are major units, int is minor units.

    Errors: UsageError, also for float, which cannot hold money.
    """
    if isinstance(amount, float):
        raise UsageError(f"{what} must not be a float", hint=f'write "{amount}" or minor units')
    try:
        return parse_amount(amount, exponent=exponent)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise UsageError(str(error), what) from None


def date_digits(value: datetime.date | str) -> str:
    """YYMMDD of a date, or of digits as they are."""
    return value.strftime("%y%m%d") if isinstance(value, datetime.date) else value


def time_digits(value: datetime.time | str) -> str:
    """HHMMSS of a time of day, or of digits as they are."""
    return value.strftime("%H%M%S") if isinstance(value, datetime.time) else value
