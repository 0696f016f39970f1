"""Amounts: integers of minor units inside, n12 on the wire, text or Decimal at the user's edge.

No float anywhere. An amount is 0 to 999999999999 minor units (n12, 6 bytes); the currency
exponent (5F36, 0 to 9) says how many of its digits stand behind the point.
"""

from __future__ import annotations

import re
from decimal import Decimal

MAX_AMOUNT = 999_999_999_999
MAX_EXPONENT = 9

_MAJOR = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


def _check_exponent(exponent: int) -> None:
    if not 0 <= exponent <= MAX_EXPONENT:
        raise ValueError(f"the currency exponent is 0 to {MAX_EXPONENT}, not {exponent}")


def _check_amount(minor: int) -> int:
    if not 0 <= minor <= MAX_AMOUNT:
        raise ValueError(f"an amount is 0 to {MAX_AMOUNT} minor units, not {minor}")
    return minor


def parse_amount(value: str | Decimal | int, exponent: int = 2) -> int:
    """Minor units of an amount: str and Decimal are major units ("12.50"), int is minor units.

    TypeError for a float or bool. ValueError for anything that is not an exact amount in range:
    signs, separators, more decimals than the exponent, NaN, more than 12 digits.
    """
    _check_exponent(exponent)
    if isinstance(value, bool) or not isinstance(value, str | Decimal | int):
        raise TypeError(
            f"an amount is str, Decimal or int (minor units), not {type(value).__name__}"
        )
    if isinstance(value, int):
        return _check_amount(value)
    text = format(value, "f") if isinstance(value, Decimal) else value.strip()
    match = _MAJOR.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no amount; write it like 12.50")
    whole, decimals = match.group(1), match.group(2) or ""
    if len(decimals) > exponent:
        raise ValueError(f"{text[:40]!r} has more than {exponent} decimals")
    digits = (whole + decimals.ljust(exponent, "0")).lstrip("0")
    if len(digits) > 12:
        raise ValueError(f"{text[:40]!r} has more than 12 digits in minor units")
    return int(digits or "0")


def format_amount(minor: int, exponent: int = 2) -> str:
    """Major units as text: format_amount(1250) is "12.50". ValueError outside n12."""
    _check_exponent(exponent)
    digits = str(_check_amount(minor)).rjust(exponent + 1, "0")
    return f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits


def bcd(value: int, nbytes: int) -> bytes:
    """Format n: packed BCD, right justified, leading zeros. ValueError when it does not fit."""
    if nbytes < 0 or value < 0 or len(str(value)) > 2 * nbytes:
        raise ValueError(f"{value} does not fit into {nbytes} bytes of BCD")
    return bytes.fromhex(f"{value:0{2 * nbytes}d}") if nbytes else b""


def from_bcd(data: bytes) -> int:
    """The number in packed BCD. ValueError for an empty value or a nibble above 9."""
    digits = data.hex()
    if not digits.isdecimal():
        raise ValueError("not BCD: a nibble is above 9" if digits else "not BCD: no bytes")
    return int(digits)
