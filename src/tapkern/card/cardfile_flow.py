"""What a card file says about the debit/credit path: lists, rules, limits, PIN, secure messaging.

All of it has a default that suits a plain card, so that a ready card need not mention it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapkern.card.answers import CRYPTOGRAM_DATA
from tapkern.card.fields import Fields
from tapkern.card.pin import LONGEST, SHORTEST
from tapkern.card.profile import TERMINAL_DATA, Flow
from tapkern.card.tlv import decode_dol

CDOL1 = "9F02069F03069F1A0295055F2A029A039C019F37049F21039F4E14"
CDOL2 = "8A029F02069F03069F1A0295055F2A029A039C019F37049F2103"
"""The usual lists: everything a cryptogram of version 01 needs."""
DDOL = "9F3704"
CVM_LIST = "0000000000000000" + "4203" + "5E03" + "1F00"
"""Online PIN, else signature, both where the terminal supports them, else nothing."""
IAC_DEFAULT, IAC_DENIAL, IAC_ONLINE = "DC4000A800", "0010000000", "DC4004F800"
LONGEST_DATA = 255
RESPONSE_CODE = 0x8A
NUMBER = 0x9F37
KNOWN = {**TERMINAL_DATA, RESPONSE_CODE: 2}


def dol(fields: Fields, key: str, raw: bytes, known: Mapping[int, int]) -> list[tuple[int, int]]:
    """The entries of a list; what the card works with has its length. Raises UsageError."""
    try:
        entries = decode_dol(raw)
    except ValueError as error:
        raise fields.wrong(key, f"is malformed: {error}") from None
    for tag, length in entries:
        if known.get(tag, length) != length:
            raise fields.wrong(key, f"must ask for {known[tag]} bytes of {tag:X}")
    return entries


def flow(fields: Fields) -> Flow:
    """[application.flow]. Raises UsageError."""
    cdol1 = _list(fields, "cdol1", CDOL1, ())
    cvm_list = fields.hex("cvm_list", 0, 252, default=CVM_LIST)
    if cvm_list and (len(cvm_list) < 8 or len(cvm_list) % 2):
        raise fields.wrong("cvm_list", "has two amounts of 4 bytes and rules of 2 bytes")
    read = Flow(
        cdol1=cdol1,
        cdol2=_list(fields, "cdol2", CDOL2, (RESPONSE_CODE,)),
        ddol=_list(fields, "ddol", DDOL, (NUMBER,)),
        cvm_list=cvm_list,
        iac_default=fields.hex("iac_default", 5, default=IAC_DEFAULT),
        iac_denial=fields.hex("iac_denial", 5, default=IAC_DENIAL),
        iac_online=fields.hex("iac_online", 5, default=IAC_ONLINE),
        exponent=fields.number("exponent", 0, 4, 2),
        lower=fields.number("lower", 0, 255) if fields.has("lower") else None,
        upper=fields.number("upper", 0, 255) if fields.has("upper") else None,
    )
    fields.finish()
    return read


def _list(fields: Fields, key: str, default: str, needed: tuple[int, ...]) -> bytes:
    """CDOL1, CDOL2 or DDOL. An empty DDOL is none; a CDOL asks for something."""
    least = 0 if key == "ddol" else 1
    raw = fields.hex(key, least, 252, default=default)
    entries = dol(fields, key, raw, KNOWN)
    asked = {tag for tag, _ in entries}
    if key != "ddol":
        missing = [tag for tag in CRYPTOGRAM_DATA if tag not in asked and key == "cdol1"]
        if missing:
            raise fields.wrong(key, f"must ask for {missing[0]:X}", "the cryptogram is over it")
    for tag in needed:
        if raw and tag not in asked:
            raise fields.wrong(key, f"must ask for {tag:X}")
    if sum(length for _, length in entries) > LONGEST_DATA:
        raise fields.wrong(key, f"asks for more than {LONGEST_DATA} bytes")
    return raw


def secrets(fields: Fields, pin_tries: int) -> dict[str, Any]:
    """The PIN, its tries and those of the script MAC."""
    return {
        "pin": fields.digits("pin", SHORTEST, LONGEST, "123456"),
        "pin_limit": fields.number("pin_limit", 1, 15, max(3, pin_tries)),
        "mac_tries": fields.number("mac_tries", 0, 255, 10),
    }
