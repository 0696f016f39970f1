"""What both algorithm families check: PAN, dates, revocation, static data, dynamic number."""

from __future__ import annotations

import datetime

from tests.oracle.dataset import DataSet, need


def _digits(field: str, most: int) -> str | None:
    """The digits before the F padding, None when the field is not digits then F."""
    digits = field.rstrip("F")
    if not 1 <= len(digits) <= most or not (digits.isascii() and digits.isdecimal()):
        return None
    return digits


def pan(data: DataSet) -> str:
    """The PAN of QP-084: 5A, else 57 up to its D. ODA-065 when there is none or it is malformed."""
    number: str | None = None
    if (field := data.get("5A")) is not None:
        number = _digits(field.hex().upper(), 20) if len(field) <= 10 else None
    elif (track := data.get("57")) is not None and len(track) <= 19:
        before, separator, _ = track.hex().upper().partition("D")
        number = _digits(before, 19) if separator and "F" not in before else None
    need(number is not None, "ODA-065")
    return number or ""


def issuer_matches(field: bytes, number: str) -> bool:
    """The issuer identifier (4 bytes): 3 to 8 digits, F padded, leftmost digits of the PAN."""
    digits = _digits(field.hex().upper(), 8)
    return digits is not None and len(digits) >= 3 and number.startswith(digits)


def pan_matches(field: bytes, number: str) -> bool:
    """The PAN of an ICC certificate (10 bytes), F padded, is this PAN."""
    return field.hex().upper() == number.ljust(20, "F")


def month_valid(field: bytes, today: datetime.date) -> bool:
    """MMYY not before the month of the transaction (ODA-048)."""
    text = field.hex()
    if not text.isdecimal() or not 1 <= int(text[:2]) <= 12:
        return False
    year = int(text[2:])
    year += 2000 if year < 50 else 1900
    return (year, int(text[:2])) >= (today.year, today.month)


def not_revoked(data: DataSet, serial: bytes) -> bool:
    """RID || CA key index || certificate serial number is not in the list (CK-020)."""
    return data.rid + bytes([data.key.index]) + serial not in data.revoked


def static_data(data: DataSet) -> bytes:
    """Static data to be authenticated, with the AIP when 9F4A names it (ODA-020, ODA-022).

    ODA-082: at most 4096 bytes of records.
    """
    need(len(data.static) <= 4096, "ODA-082")
    tags = data.get("9F4A")
    if tags is None:
        return data.static
    aip = data.get("82")
    need(tags == b"\x82" and aip is not None and len(aip) == 2, "ODA-022")
    return data.static + (aip or b"")


def dynamic_number(dynamic: bytes) -> bytes | None:
    """The ICC dynamic number (9F4C) at the front of the ICC dynamic data, None when impossible."""
    if not dynamic or not 2 <= dynamic[0] <= 8 or 1 + dynamic[0] > len(dynamic):
        return None
    return dynamic[1 : 1 + dynamic[0]]
