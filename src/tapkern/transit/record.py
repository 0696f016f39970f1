"""What the host needs to charge a ride later, in one value (TR-003; step 9 of 76 section 5)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tapkern.data.mask import mask_pan
from tapkern.errors import UsageError
from tapkern.outcome import Status
from tapkern.terminal import Tap

DEFERRED, OFFLINE = "deferred", "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class FareRecord:
    """One ride that is to be charged.

    kind: "deferred", an authenticated ARQC to authorise later (QP-125, QP-130), or "offline", an
    approved TC to upload. pan: digits of the authenticated 5A (TK-035); expiry: YYMMDD or "";
    psn: 5F34 or None; atc: 9F36. amount: minor units. field55 and data_record are TLV lists; the
    latter has track 2. par: value of 9F24, b"" when the card has none.
    """

    kind: str
    pan: str = field(repr=False)
    psn: int | None
    expiry: str
    atc: int
    amount: int
    currency: int
    date: str
    time: str
    sequence: int
    par: bytes
    field55: bytes = field(repr=False)
    data_record: bytes = field(repr=False)

    @property
    def masked(self) -> str:
        """The card number as people may see it."""
        return mask_pan(self.pan)

    def to_text(self) -> str:
        """The record as one line of JSON. It holds the card number."""
        values = asdict(self)
        for name in _BYTES:
            values[name] = values[name].hex()
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> FareRecord:
        """What to_text wrote. Errors: UsageError."""
        try:
            values: dict[str, Any] = json.loads(text)
            for name in _BYTES:
                values[name] = bytes.fromhex(values[name])
            return cls(**values)
        except (ValueError, TypeError, KeyError):
            raise UsageError("this is no fare record") from None


_BYTES = ("par", "field55", "data_record")


def record_of(tap: Tap) -> FareRecord | None:
    """The ride that a finished tap pays for; None when it does not open a gate.

    A tap opens when the kernel allows to authorise later (Outcome.may_defer), or approved offline.
    """
    outcome = tap.outcome
    pan = tap.pan(unmasked=True)
    atc = tap.tags.get(0x9F36)
    if outcome.may_defer:
        kind = DEFERRED
    elif outcome.status is Status.APPROVED and tap.before_host is None:
        kind = OFFLINE
    else:
        return None
    if pan is None or atc is None:
        return None  # nobody to charge
    psn = tap.tags.get(0x5F34)
    # A recovered tap is that of the kept date and time, which the kernel holds (TT-020).
    values = {tag: (tap.tags.get(tag) or b"").hex() for tag in (0x5F24, 0x9A, 0x9F21, 0x9F41)}
    return FareRecord(
        kind=kind,
        pan=pan,
        psn=None if psn is None else int(psn.hex()),
        expiry=values[0x5F24],
        atc=int.from_bytes(atc, "big"),
        amount=tap.transaction.amount,
        currency=tap.transaction.currency,
        date=values[0x9A] or tap.transaction.date,
        time=values[0x9F21] or tap.transaction.time,
        sequence=int(values[0x9F41] or tap.transaction.sequence),
        par=tap.tags.get(0x9F24) or b"",
        field55=outcome.field55,
        data_record=outcome.data_record,
    )
