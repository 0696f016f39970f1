"""PIN data of a PIN change: how issuer and card mask, fill and encipher a new PIN.

PINs are strings of 4 to 12 digits. D1 copies bytes of the unique encipherment key, so both sides
take a triple DES key in the form with odd parity, as `Suite.derive_udk` gives it.
"""

from __future__ import annotations

from tapkern.errors import UsageError
from tapkern.issuer.suites import Suite

SHORTEST, LONGEST = 4, 12
BLOCK = 8
_HEAD = bytes([BLOCK])
_TAIL = b"\x80" + bytes(6)


def is_pin(pin: str) -> bool:
    """Whether this can be a PIN."""
    return pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST


def check(pin: str) -> str:
    """The PIN itself. Raises UsageError, which does not repeat it, unless it is one."""
    if not is_pin(pin):
        raise UsageError(f"a PIN is {SHORTEST} to {LONGEST} digits", "PIN")
    return pin


def pin_data(
    suite: Suite, session_key: bytes, unique_key: bytes, new: str, old: str | None = None
) -> bytes:
    """The 16 enciphered bytes of a PIN change, with the ENC session key and ENC unique key.

    With the old PIN the card must have that one; without it any. Raises UsageError on a bad PIN.
    """
    block = _xor(_mask(unique_key), _filled(new))
    if old is not None:
        block = _xor(block, _digits(old))
    return suite.encrypt(session_key, _HEAD + block + _TAIL)


def _mask(unique_key: bytes) -> bytes:
    """D1: bytes 5 to 8 of the unique key behind four zeros."""
    return bytes(4) + unique_key[4:8]


def _filled(pin: str) -> bytes:
    """D2: a zero, the length, the digits, F to the end."""
    return bytes.fromhex(f"0{len(check(pin)):X}{pin}".ljust(2 * BLOCK, "F"))


def _digits(pin: str) -> bytes:
    """The digits of the old PIN, zeros to the end."""
    return bytes.fromhex(check(pin).ljust(2 * BLOCK, "0"))


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
