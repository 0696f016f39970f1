"""An online request as an issuer reads it: field 55 and, from other fields, card number and such.

Whatever does not read is a `Failure`, never an exception: requests come from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from construct import ConstructError

from tapkern.data.mask import mask_pan
from tapkern.issuer import layouts
from tapkern.issuer.reasons import Failure
from tapkern.issuer.tlv import decode


class Kind(Enum):
    """Type of a cryptogram: bits b8-b7 of 9F27, and of either place in the CVR."""

    AAC = 0
    TC = 1
    ARQC = 2


class RequestError(Exception):
    """A request that does not read; `failure` says why, the text where."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


LENGTHS = {
    0x9F02: 6, 0x9F03: 6, 0x9F1A: 2, 0x95: 5, 0x5F2A: 2, 0x9A: 3, 0x9C: 1, 0x9F37: 4,
    0x82: 2, 0x9F36: 2, 0x9F26: 8, 0x9F27: 1, 0x5F34: 1,
}  # fmt: skip
"""Objects of fixed length that an issuer looks at."""
CVN01_TAGS = (0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37)


@dataclass(frozen=True, slots=True)
class IssuerData:
    """9F10 taken apart. amounts: the values of the discretionary data, `identifier` 0 without."""

    version: int
    cvr: bytes
    algorithm: int
    identifier: int
    amounts: bytes
    mac: bytes

    @property
    def kind(self) -> Kind | None:
        """Type of the newest cryptogram by the CVR, None when the bits are not used."""
        first, second = self.cvr[1] >> 4 & 3, self.cvr[1] >> 6
        try:
            return Kind(first if second == Kind.ARQC.value else second)
        except ValueError:
            return None

    @property
    def balance(self) -> int | None:
        """The electronic cash balance in minor units (ids 01 and 03), None when not told."""
        digits = self.amounts[:5].hex()
        return int(digits) if self.identifier in (1, 3) and digits.isdecimal() else None


@dataclass(frozen=True, slots=True)
class OnlineRequest:
    """The objects of a request by tag. Card number and values stay out of `repr`.

    pan: digits; psn: 2 digits, 00 when the card told none.
    """

    pan: str = field(repr=False)
    psn: str
    objects: Mapping[int, bytes] = field(repr=False)

    @classmethod
    def read(cls, *lists: bytes, pan: str | None = None, psn: str | None = None) -> OnlineRequest:
        """A request from TLV lists: field 55, and whatever tells the card (57, 5A, 5F34).

        pan, psn: from other fields of a message; what is told twice must agree. Raises
        RequestError.
        """
        objects: dict[int, bytes] = {}
        for data in lists:
            for tag, value in _decode(data):
                if objects.setdefault(tag, value) != value:
                    raise RequestError(Failure.MALFORMED, f"{tag:X} has two values")
        for tag, size in LENGTHS.items():
            if tag in objects and len(objects[tag]) != size:
                raise RequestError(Failure.MALFORMED, f"{tag:X} has not {size} bytes")
        return cls(_pan(objects, pan), _psn(objects, psn), objects)

    @property
    def masked_pan(self) -> str:
        """The card number for people."""
        return mask_pan(self.pan)

    def need(self, tag: int) -> bytes:
        """The value of a tag. Raises RequestError when it is not there."""
        value = self.objects.get(tag)
        if value is None:
            raise RequestError(Failure.MISSING_DATA, f"{tag:X}")
        return value

    @property
    def atc(self) -> int:
        """9F36."""
        return int.from_bytes(self.need(0x9F36), "big")

    @property
    def cryptogram(self) -> bytes:
        """9F26."""
        return self.need(0x9F26)

    @property
    def amount(self) -> int:
        """9F02 in minor units."""
        return _bcd(self.need(0x9F02), 0x9F02)

    @property
    def currency(self) -> int:
        """5F2A, the ISO 4217 number."""
        return _bcd(self.need(0x5F2A), 0x5F2A)

    @property
    def type(self) -> int:
        """9C."""
        return self.need(0x9C)[0]

    @property
    def issuer_data(self) -> IssuerData:
        """9F10. Raises RequestError when it is not there or not of the known form."""
        raw = self.need(0x9F10)
        try:
            found = layouts.ISSUER_APPLICATION_DATA.parse(raw)
            whole = layouts.ISSUER_APPLICATION_DATA.build(found)
        except (ConstructError, ValueError):
            raise RequestError(Failure.MALFORMED, "9F10") from None
        if whole != raw or found.cvr[0] != 3:
            raise RequestError(Failure.MALFORMED, "9F10")
        more = found.discretionary
        return IssuerData(
            version=found.version,
            cvr=found.cvr,
            algorithm=found.algorithm,
            identifier=0 if more is None else more.id,
            amounts=b"" if more is None else more.amounts,
            mac=b"" if more is None else more.mac,
        )


def _decode(data: bytes) -> list[tuple[int, bytes]]:
    try:
        return decode(data)
    except ValueError as error:
        raise RequestError(Failure.MALFORMED, str(error)) from None


def _pan(objects: Mapping[int, bytes], told: str | None) -> str:
    """The card number, by every source that tells one."""
    found = set() if told is None else {told}
    if 0x5A in objects:
        found.add(objects[0x5A].hex().rstrip("f"))
    if 0x57 in objects:
        found.add(objects[0x57].hex().partition("d")[0])
    if not found:
        raise RequestError(Failure.MISSING_DATA, "5A or 57")
    pan = found.pop()
    if found or not (pan.isascii() and pan.isdecimal() and 8 <= len(pan) <= 19):
        raise RequestError(Failure.MALFORMED, "card number")
    return pan


def _psn(objects: Mapping[int, bytes], told: str | None) -> str:
    found = set() if told is None else {told}
    if 0x5F34 in objects:
        found.add(objects[0x5F34].hex())
    psn = found.pop() if found else "00"
    if found or not (len(psn) == 2 and psn.isascii() and psn.isdecimal()):
        raise RequestError(Failure.MALFORMED, "5F34")
    return psn


def _bcd(value: bytes, tag: int) -> int:
    digits = value.hex()
    if not digits.isdecimal():
        raise RequestError(Failure.MALFORMED, f"{tag:X}")
    return int(digits)
