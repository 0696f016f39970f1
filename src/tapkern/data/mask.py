"""Masking of card numbers and of other data that belong to the cardholder.

A PAN shows its first 6 and last 4 digits, with fewer than 13 digits only the last 4. What cannot
be told apart is masked as a whole. Lengths do not change, so offsets stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tapkern.data import tags, tlv

STAR = "*"
_PAN = re.compile(r"([0-9]+)(F*)", re.IGNORECASE)
_TRACK2 = re.compile(r"([0-9]{1,19})([D=])([0-9]*)(F*)", re.IGNORECASE)
#: A PAN begins with 1 to 9, has 13 to 19 digits and is followed by D, F or the end.
_PAN_LIKE = re.compile(r"[0-9]{13,}(?=[DF]|$)")
_LONG_NUMBER = re.compile(r"[0-9]{13}")


class Secrecy(Enum):
    """How a sensitive element is masked."""

    PAN = "pan"
    TRACK2 = "track 2"
    WHOLE = "whole"


#: Names, track data, identity numbers, PIN data, keys; 9F46 and 9F2D because they contain the PAN.
_WHOLE = frozenset(
    {
        0x56, 0x99, 0x5F20, 0x5F21, 0x5F22, 0x5F53, 0x9F0B, 0x9F1F, 0x9F20, 0x9F2D, 0x9F46,
        0x9F61, 0xDF33, 0xDF812A, 0xDF812B,
    }
)  # fmt: skip
#: Kernel 7 has an amount of 6 bytes under this tag, kernel 2 has track 2.
_CARD_CVM_LIMIT = 0x9F6B


def secrecy(tag: int, length: int) -> Secrecy | None:
    """How the value of a tag is masked, None when it is not sensitive."""
    if tag == 0x5A:
        return Secrecy.PAN
    if tag == 0x57 or (tag == _CARD_CVM_LIMIT and length != 6):
        return Secrecy.TRACK2
    return Secrecy.WHOLE if tag in _WHOLE else None


def _stars(text: str) -> str:
    return STAR * len(text)


def _mask_digits(digits: str) -> str:
    if len(digits) >= 13:
        return digits[:6] + STAR * (len(digits) - 10) + digits[-4:]
    if len(digits) > 4:
        return STAR * (len(digits) - 4) + digits[-4:]
    return _stars(digits)


def mask_pan(text: str) -> str:
    """A PAN as digits, perhaps F-padded: "620000*********3455". Other text is all stars."""
    match = _PAN.fullmatch(text)
    return _mask_digits(match[1]) + match[2] if match else _stars(text)


def mask_track2(track: bytes | str) -> str:
    """Track 2 (value of 57, or its text with D or =): PAN masked, discretionary data as stars.

    Expiry and service code stay. Without a separator within 19 digits everything is stars.
    """
    text = track if isinstance(track, str) else track.hex().upper()
    match = _TRACK2.fullmatch(text)
    if match is None:
        return _stars(text)
    pan, separator, rest, padding = match.groups()
    return _mask_digits(pan) + separator + rest[:7] + _stars(rest[7:]) + padding


def mask_value(tag: int, value: bytes) -> str | None:
    """The value of a sensitive tag as masked hexadecimal, None when it is not sensitive."""
    kind = secrecy(tag, len(value))
    if kind is None:
        return None
    text = value.hex().upper()
    if kind is Secrecy.PAN:
        return mask_pan(text)
    return mask_track2(value) if kind is Secrecy.TRACK2 else _stars(text)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def mask_pan_like(text: str) -> str:
    """Hexadecimal of unknown meaning with everything masked that can be a PAN (check digit)."""

    def hide(match: re.Match[str]) -> str:
        run = match[0]
        for size in range(min(19, len(run)), 12, -1):
            digits = run[-size:]
            if digits[0] != "0" and _luhn(digits):
                return run[:-size] + _mask_digits(digits)
        return run

    return _PAN_LIKE.sub(hide, text)


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Masks known PANs wherever they stand, also written in ASCII."""

    pans: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Scrubber({len(self.pans)} PANs)"

    def scrub(self, text: str) -> str:
        """Text or hexadecimal with every known PAN masked."""
        if not _LONG_NUMBER.search(text):
            return text
        for pan in self.pans:
            masked = _mask_digits(pan)
            text = text.replace(pan, masked)
            text = text.replace("".join("3" + digit for digit in pan), _stars(pan) * 2)
        return text


def find_pans(data: bytes) -> set[str]:
    """PANs in what looks like a 5A or 57 object anywhere in ``data``, well-formed or not."""
    found = set()
    for at, byte in enumerate(data[:-1]):
        if byte not in (0x57, 0x5A):
            continue
        length = data[at + 1]
        value = data[at + 2 : at + 2 + length].hex().upper()
        digits = re.match(r"[1-9][0-9]{12,18}(?=[DF]|$)", value)
        if digits is None and len(value) < 2 * length:
            digits = re.match(r"[1-9][0-9]{12,18}", value)
        if digits is None:
            continue
        found.add(digits[0])
        if len(value) < 2 * length:
            # The PAN may have been cut off and run into a status word: each beginning counts.
            found.update(digits[0][:size] for size in range(13, len(digits[0])))
    return found


def scrubber(pieces: Iterable[bytes]) -> Scrubber:
    """A scrubber for every PAN in the given data, longest first."""
    found: set[str] = set()
    for data in pieces:
        found |= find_pans(data)
    return scrubber_of(found)


def scrubber_of(pans: Iterable[str]) -> Scrubber:
    """A scrubber for the given PANs, longest first."""
    return Scrubber(tuple(sorted(pans, key=lambda pan: (-len(pan), pan))))


def _leaves(items: tuple[tlv.Item, ...]) -> Iterable[tlv.Item]:
    waiting = list(items)
    while waiting:
        item = waiting.pop()
        if item.children:
            waiting.extend(item.children)
        else:
            yield item


def mask_tlv(data: bytes) -> str:
    """TLV data as hexadecimal with every sensitive value masked, same length.

    From the first byte that is not well-formed TLV everything is stars.
    """
    text = list(data.hex().upper())
    sound = len(data)
    try:
        items = tlv.read(data, lenient=lambda tag: tags.find(tag) is None)
    except tlv.CodingError as error:
        items, sound = error.readable, error.offset
    for item in _leaves(items):
        start, end = 2 * item.value_offset, 2 * (item.value_offset + len(item.value))
        if not item.is_complete or item.opaque:
            text[start:end] = STAR * (end - start)
            continue
        masked = mask_value(item.tag, item.value)
        if masked is None and tags.find(item.tag) is None:
            masked = mask_pan_like(item.value.hex().upper())
        if masked is not None:
            text[start:end] = masked
    text[2 * sound :] = STAR * (len(text) - 2 * sound)
    return scrubber([data]).scrub("".join(text))
