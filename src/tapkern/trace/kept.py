"""The record of a torn tap as a transcript holds it (kernel_c/src/flow/torn.h).

To callers it is opaque; a transcript has to tell which tap it belongs to, and to black out the
card number in it. Nothing here judges a record: that is the kernel's (TT-010...TT-020).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tapkern import _kernel
from tapkern.data.mask import mask_pan
from tapkern.data.money import MAX_AMOUNT, from_bcd
from tapkern.errors import TlvError
from tapkern.torn import RECORD

VERSION = 2
_HIDDEN = "a"  # stands for a digit that is masked, since no number has it
_FRAME = 78 + 4  # what stands before the GPO response, and the check sum behind it


@cache
def _layout() -> Any:
    from construct import Bytes, Const, Int16ub, Struct

    return Struct(
        "magic" / Const(b"TT"),
        "version" / Const(bytes((VERSION,))),
        "transaction" / Bytes(38),  # 9F37 9F02 9F03 5F2A 9C 9A 9F21 9F41 9F66 DF60 DF69 9F7A ATC
        "pan" / Bytes(10),
        "psn" / Bytes(1),
        "source" / Bytes(1),
        "after" / Bytes(6),
        "aid_length" / Bytes(1),
        "aid" / Bytes(16),
        "gpo_length" / Int16ub,
        "gpo" / Bytes(lambda this: this.gpo_length),
        "filling" / Bytes(lambda this: RECORD - _FRAME - this.gpo_length),
        "crc" / Bytes(4),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What a record says. Amounts are minor units; after: the balance once the card has paid.
    pan is None in a redacted transcript, masked only when the record never had a number.

    name: what tells this record from every other one, without the card number: it is the same in
    a whole and in a redacted transcript.
    """

    name: bytes = field(repr=False)
    amount: int
    other: int
    currency: int
    type: int
    date: str
    time: str
    sequence: int
    atc: int
    pan: str | None = field(repr=False)
    masked: str | None
    psn: int | None
    after: int | None

    @property
    def before(self) -> int | None:
        """The balance before the payment: that after it, and the amount."""
        before = None if self.after is None else self.after + self.amount
        return None if before is None or before > MAX_AMOUNT else before


def read(record: bytes) -> Kept | None:
    """A record; None when it is not one of this version, or all of it is blacked out."""
    found = _parse(record)
    if found is None:
        return None
    sent, pan = found.transaction, found.pan.hex().rstrip("f")
    hidden = pan.replace(_HIDDEN, "*")
    try:
        return Kept(
            name=sent + found.psn + found.source + found.after + _cryptogram(found.gpo),
            amount=from_bcd(sent[4:10]),
            other=from_bcd(sent[10:16]),
            currency=from_bcd(sent[16:18]),
            type=sent[18],
            date=sent[19:22].hex(),
            time=sent[22:25].hex(),
            sequence=from_bcd(sent[25:29]),
            atc=int.from_bytes(sent[36:38], "big"),
            pan=pan if pan.isdecimal() and pan.strip("0") else None,
            masked=(hidden if "*" in hidden else mask_pan(pan)) if pan.strip("0") else None,
            psn=None if found.psn == b"\xff" else int(found.psn.hex()),
            after=from_bcd(found.after) if found.source != b"\0" else None,
        )
    except ValueError:
        return None  # no number in BCD: the kernel refuses it too (TT-019)


def _parse(record: bytes) -> Any:
    from construct import ConstructError

    if len(record) != RECORD:
        return None
    try:
        return _layout().parse(record)
    except ConstructError:
        return None


def _cryptogram(gpo: bytes) -> bytes:
    try:
        return _kernel.Message(gpo).get(0x9F26) or b""
    except TlvError:
        return b""


def redacted(record: bytes, gpo: bytes | None) -> bytes:
    """A record with a masked card number, and without the check sum, from which it follows.

    gpo: the redacted GPO response. What cannot be read as a record is zeroed as a whole.
    """
    found = _parse(record)
    if found is None or gpo is None or len(gpo) != found.gpo_length:
        return bytes(len(record))
    digits = found.pan.hex().upper()
    pan = bytes.fromhex(mask_pan(digits).replace("*", _HIDDEN)) if digits.strip("F") else found.pan
    blank = {"pan": pan, "gpo": gpo, "filling": bytes(len(found.filling)), "crc": bytes(4)}
    out: bytes = _layout().build({**found, **blank})
    return out


def gpo_of(record: bytes) -> bytes | None:
    """The GPO response in a record."""
    found = _parse(record)
    return None if found is None else bytes(found.gpo)
