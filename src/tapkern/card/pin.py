"""PINs inside the card: reference and VERIFY blocks (CMD-011), PIN change data (file 74 §5.6).

A PIN is kept as the 8-byte block that VERIFY sends: 2, length, digits, F to the end.
"""

from __future__ import annotations

import hmac

from tapkern.card.status import CardStatus, Status
from tapkern.issuer.suites import Suite

BLOCK = 8
SHORTEST, LONGEST = 4, 12
DATA_SIZE = 16
_TAIL = b"\x80" + bytes(6)


def reference(digits: str) -> bytes:
    """The block of a PIN of 4 to 12 digits."""
    return bytes.fromhex(f"2{len(digits):X}{digits}".ljust(2 * BLOCK, "F"))


def digits(block: bytes) -> str:
    """The digits of a block that `reference` made."""
    text = block.hex()
    return text[2 : 2 + int(text[1], 16)]


def matches(kept: bytes, presented: bytes) -> bool:
    """Whether a presented block is the kept one, in a time that does not tell how far it is."""
    return hmac.compare_digest(kept, presented)


def changed(
    suite: Suite, session_key: bytes, unique_key: bytes, data: bytes, old: bytes | None
) -> bytes:
    """The new reference block from the enciphered data of a PIN change.

    session_key, unique_key: the ENC ones. old: the block that is replaced when the issuer used it,
    else None. CardStatus 6A80 when what comes out is no PIN.
    """
    clear = suite.decrypt(session_key, data)
    if clear[0] != BLOCK or clear[1 + BLOCK :] != _TAIL:
        raise CardStatus(Status.DATA)
    block = _xor(clear[1 : 1 + BLOCK], bytes(4) + unique_key[4:8])
    if old is not None:
        block = _xor(block, bytes.fromhex(digits(old).ljust(2 * BLOCK, "0")))
    text = block.hex()
    size = int(text[1], 16)
    if text[0] != "0" or not SHORTEST <= size <= LONGEST:
        raise CardStatus(Status.DATA)
    new, filler = text[2 : 2 + size], text[2 + size :]
    if not new.isdecimal() or filler.strip("f"):
        raise CardStatus(Status.DATA)
    return reference(new)


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
