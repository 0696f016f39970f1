"""Dates and times of the card world: YYMMDD, MMYY and HHMMSS in packed BCD.

A two-digit year is 2000 to 2049 for 00 to 49 and 1950 to 1999 for 50 to 99. Dates are checked
against the real calendar (TLV-029). Every error is a ValueError that says what is wrong.
"""

from __future__ import annotations

from datetime import date, time

from tapkern.data.money import bcd, from_bcd


def full_year(yy: int) -> int:
    """The year of two digits: 49 is 2049, 50 is 1950."""
    if not 0 <= yy <= 99:
        raise ValueError(f"{yy} is no two-digit year")
    return 2000 + yy if yy < 50 else 1900 + yy


def _digits(data: bytes, length: int, what: str) -> str:
    if len(data) != length:
        raise ValueError(f"{what} has {length} bytes, not {len(data)}")
    return f"{from_bcd(data):0{2 * length}d}"


def parse_yymmdd(data: bytes) -> date:
    """A date of 3 bytes (9A, 5F24, 5F25)."""
    text = _digits(data, 3, "a date")
    try:
        return date(full_year(int(text[:2])), int(text[2:4]), int(text[4:]))
    except ValueError:
        raise ValueError(f"{text} is no date of the calendar (YYMMDD)") from None


def parse_mmyy(data: bytes) -> tuple[int, int]:
    """Year and month of 2 bytes MMYY (expiry of a key certificate)."""
    text = _digits(data, 2, "a month")
    month = int(text[:2])
    if not 1 <= month <= 12:
        raise ValueError(f"{text} is no month (MMYY)")
    return full_year(int(text[2:])), month


def parse_hhmmss(data: bytes) -> time:
    """A time of day of 3 bytes (9F21)."""
    text = _digits(data, 3, "a time")
    try:
        return time(int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        raise ValueError(f"{text} is no time of day (HHMMSS)") from None


def yymmdd(day: date) -> bytes:
    """A date as 3 bytes. ValueError outside 1950 to 2049, which two digits cannot say."""
    if not 1950 <= day.year <= 2049:
        raise ValueError(f"{day.year} cannot be written with two digits (1950 to 2049)")
    return bcd((day.year % 100) * 10000 + day.month * 100 + day.day, 3)


def hhmmss(moment: time) -> bytes:
    """A time of day as 3 bytes."""
    return bcd(moment.hour * 10000 + moment.minute * 100 + moment.second, 3)
