"""The authentication of a tap as a data set of its own: what `tapkern oda` takes.

It repeats for people what the kernel decided in the tap; the decision stays the kernel's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapkern._kernel import Message, switches
from tapkern._numbers import Entry, KeyAlgorithm
from tapkern.data import tlv
from tapkern.oda.form import OPTIONS
from tapkern.params.image import entries
from tapkern.terminal import Tap

_CARD = (
    0x5A, 0x57, 0x82, 0x8F, 0x90, 0x92, 0x9F08, 0x9F32, 0x9F36, 0x9F38, 0x9F46, 0x9F47, 0x9F48,
    0x9F4A, 0x9F4B, 0x9F69, 0x9F6C,
)  # fmt: skip
_SENT = (0x9F37, 0x9F02, 0x5F2A, 0x9F66)


def data_set(tap: Tap, exchanges: Sequence[tuple[bytes, bytes]]) -> dict[str, Any] | None:
    """The fDDA of a finished tap from its commands and answers; None when the CA key is unknown.

    The card number in it is not masked.
    """
    card = {f"{tag:X}": _hex(tap.tags.get(tag)) for tag in _CARD if tap.tags.get(tag)}
    name = tap.tags.get(0x84) or b""
    key = _ca_key(tap.image, name[:5], tap.tags.get(0x8F) or b"")
    if key is None or len(name) < 5:
        return None
    terminal = {f"{tag:X}": _hex(tap.tags.get(tag)) for tag in _SENT if tap.tags.get(tag)}
    return {
        "method": "fdda",
        "rid": _hex(name[:5]),
        "ca_key": key,
        "card": card,
        "static_data": _hex(_static(tap.tags.get(0x94) or b"", exchanges)),
        "terminal": terminal,
        "date": tap.transaction.date,
        "options": _options(tap),
    }


def _hex(value: bytes | None) -> str:
    return (value or b"").hex().upper()


def _ca_key(image: bytes, rid: bytes, index: bytes) -> dict[str, str] | None:
    for kind, body in entries(image):
        if kind is Entry.CA_KEY and body.get(0x9F06) == rid and body.get(0x9F22) == index:
            key = {"index": _hex(index)}
            if body.get(0xDF05):
                key["expiry"] = _hex(body.get(0xDF05))
            if (body.get(0xDF07) or b"")[:1] == bytes([KeyAlgorithm.SM2]):
                return {**key, "algorithm": "sm2", "point": _hex(body.get(0xDF02))}
            modulus, exponent = _hex(body.get(0xDF02)), _hex(body.get(0xDF04))
            return {**key, "algorithm": "rsa", "modulus": modulus, "exponent": exponent}
    return None


def _static(afl: bytes, exchanges: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Contents of the first records of each AFL entry, as many as it says (ODA-020)."""
    answers = {
        (command[3] >> 3, command[2]): answer[:-2]
        for command, answer in exchanges
        if len(command) >= 4 and command[1] == 0xB2
    }
    parts = []
    for at in range(0, len(afl) - 3, 4):
        sfi, first, _, count = afl[at] >> 3, *afl[at + 1 : at + 4]
        for record in range(first, first + count):
            answer = answers.get((sfi, record), b"")
            parts.append(_content(answer) if sfi <= 10 else answer)
    return b"".join(parts)


def _content(record: bytes) -> bytes:
    try:
        items = tlv.read(record)
    except tlv.CodingError:
        return b""
    return items[0].value if items else b""


def _options(tap: Tap) -> dict[str, bool]:
    """The switches of the combination that took the tap."""
    aid = tap.tags.get(0x9F06) or b""
    best: Message | None = None
    for kind, body in entries(tap.image):
        own = body.get(0x9F06) or b""
        longer = best is None or len(own) > len(best.get(0x9F06) or b"")
        if kind is Entry.COMBINATION and aid.startswith(own) and longer:
            best = body
    values = b"" if best is None else best.get(0xDF8F02) or b""
    numbers = {row[1]: row[0] for row in switches()}
    return {name: bool(values[numbers[name]]) for name in OPTIONS if numbers[name] < len(values)}
