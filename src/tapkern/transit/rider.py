"""Who the rider is, without storing a card number (TK-003)."""

from __future__ import annotations

import hmac
import re

from tapkern.errors import UsageError

KEY_MIN = 16
"""Bytes that a key has at least."""

_PAR = re.compile(r"[0-9A-Z]{29}")


def keyed(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA-256 (32 bytes) over parts that cannot run into each other. Errors: UsageError."""
    if len(key) < KEY_MIN:
        raise UsageError(f"a key has at least {KEY_MIN} bytes, not {len(key)}")
    return hmac.digest(key, "\x1f".join(parts).encode("ascii"), "sha256")


def card_hash(key: bytes, pan: str) -> str:
    """The card number as a gate may keep it: hexadecimal, 64 characters (TK-033)."""
    return keyed(key, "card", _digits(pan)).hex()


def rider_identity(key: bytes, pan: str, psn: int | None = None, par: bytes | None = None) -> str:
    """The same rider at the next tap (TK-003): the payment account reference, else a keyed hash.

    pan: digits as read from 5A; psn: 5F34, None when the card has none; par: the value of 9F24, 29
    capital letters and digits, anything else counts as none. Returns "par:..." or "card:...", never
    the number. Errors: UsageError for a short key or a PAN that is none.
    """
    account = (par or b"").decode("latin-1")
    if _PAR.fullmatch(account):
        return f"par:{account}"
    sequence = "" if psn is None else f"{psn:02d}"
    return "card:" + keyed(key, "rider", _digits(pan), sequence).hex()


def _digits(pan: str) -> str:
    if not (pan.isascii() and pan.isdigit() and 1 <= len(pan) <= 19):
        raise UsageError("a card number has 1 to 19 digits")
    return pan
