"""Byte layouts of a card's files and answers, with `construct`.

`Tlv` puts a layout behind its tag and shortest length; templates are then written as they look.
Optional members are built when their value is not None. Certificates and 9F10: `issuer.layouts`.
"""

from __future__ import annotations

from typing import Any

from construct import (
    Byte,
    Bytes,
    Const,
    ExprAdapter,
    ExprValidator,
    FocusedSeq,
    GreedyBytes,
    GreedyRange,
    GreedyString,
    If,
    IfThenElse,
    Int16ub,
    Optional,
    Prefixed,
    Select,
    Struct,
    obj_,
    this,
)

from tapkern.card.tlv import encode_tag

Layout = Any  # construct has no types

LENGTH = Select(
    ExprValidator(Byte, obj_ < 0x80),
    FocusedSeq("length", Const(b"\x81"), "length" / Byte),
    FocusedSeq("length", Const(b"\x82"), "length" / Int16ub),
)


def Tlv(tag: int, content: Layout) -> Layout:
    """An object with this tag around a layout."""
    return FocusedSeq("value", Const(encode_tag(tag)), "value" / Prefixed(LENGTH, content))


def maybe(name: str, layout: Layout) -> Layout:
    """A member that is left out when its value is None."""
    present = If(lambda context: context[name] is not None, layout)
    return name / IfThenElse(this._building, present, Optional(layout))


TEXT = GreedyString("ascii")
HEX = ExprAdapter(GreedyBytes, lambda raw, _: raw.hex().upper(), lambda text, _: _packed(text))


def _packed(digits: str) -> bytes:
    """Left-justified packed digits, F at the end of an odd number (format cn)."""
    return bytes.fromhex(digits + "F" * (len(digits) % 2))


# 61, one application in the PPSE.
ENTRY = Tlv(
    0x61,
    Struct(
        "aid" / Tlv(0x4F, GreedyBytes),
        "label" / Tlv(0x50, TEXT),
        maybe("priority", Tlv(0x87, Byte)),
        maybe("kernel", Tlv(0x9F2A, GreedyBytes)),
    ),
)

# FCI of the PPSE.
PPSE_FCI = Tlv(
    0x6F,
    Struct(
        "name" / Tlv(0x84, GreedyBytes),
        "entries" / Tlv(0xA5, Tlv(0xBF0C, GreedyRange(ENTRY))),
    ),
)

# BF0C, what the issuer tells in the FCI.
ISSUER_DATA = Struct(
    maybe("log", Tlv(0x9F4D, Bytes(2))),
    maybe("load_log", Tlv(0xDF4D, Bytes(2))),
    maybe("indicator", Tlv(0xDF61, Byte)),
)

# FCI of an application.
FCI = Tlv(
    0x6F,
    Struct(
        "aid" / Tlv(0x84, GreedyBytes),
        "proprietary"
        / Tlv(
            0xA5,
            Struct(
                "label" / Tlv(0x50, TEXT),
                maybe("priority", Tlv(0x87, Byte)),
                maybe("pdol", Tlv(0x9F38, GreedyBytes)),
                maybe("language", Tlv(0x5F2D, TEXT)),
                maybe("issuer", Tlv(0xBF0C, ISSUER_DATA)),
            ),
        ),
    ),
)

# 94, application file locator.
AFL = GreedyRange(
    Struct(
        "sfi" / ExprAdapter(Byte, obj_ >> 3, obj_ << 3), "first" / Byte, "last" / Byte, "oda" / Byte
    )
)

# The record with the card holder's static data; the terminal authenticates it.
STATIC_RECORD = Struct(
    "pan" / Tlv(0x5A, HEX),
    "expiry" / Tlv(0x5F24, Bytes(3)),
    maybe("effective", Tlv(0x5F25, Bytes(3))),
    "country" / Tlv(0x5F28, Bytes(2)),
    "usage" / Tlv(0x9F07, Bytes(2)),
    "version" / Tlv(0x9F08, Bytes(2)),
    "psn" / Tlv(0x5F34, Bytes(1)),
)

# TK-001: a record of its own with what belongs to a payment token.
TOKEN_RECORD = Struct(
    maybe("requestor", Tlv(0x9F19, HEX)),
    maybe("account", Tlv(0x9F24, TEXT)),
    maybe("last_digits", Tlv(0x9F25, HEX)),
)

# What goes with the issuer certificate, in this order.
ISSUER_KEY = {
    "index": Tlv(0x8F, Byte),
    "exponent": Tlv(0x9F32, GreedyBytes),
    "remainder": Tlv(0x92, GreedyBytes),
    "certificate": Tlv(0x90, GreedyBytes),
}

# What goes with the ICC certificate, in this order.
ICC_KEY = {
    "exponent": Tlv(0x9F47, GreedyBytes),
    "remainder": Tlv(0x9F48, GreedyBytes),
    "tag_list": Tlv(0x9F4A, GreedyBytes),
    "certificate": Tlv(0x9F46, GreedyBytes),
}

# What the debit/credit path adds to the authenticated data, in this order, and track 2.
FLOW_RULES = {
    "cdol1": Tlv(0x8C, GreedyBytes),
    "cdol2": Tlv(0x8D, GreedyBytes),
    "cvm_list": Tlv(0x8E, GreedyBytes),
    "default": Tlv(0x9F0D, Bytes(5)),
    "denial": Tlv(0x9F0E, Bytes(5)),
    "online": Tlv(0x9F0F, Bytes(5)),
    "currency": Tlv(0x9F42, Bytes(2)),
    "exponent": Tlv(0x9F44, Bytes(1)),
    "ddol": Tlv(0x9F49, GreedyBytes),
    "lower": Tlv(0x9F14, Bytes(1)),
    "upper": Tlv(0x9F23, Bytes(1)),
    "service_code": Tlv(0x5F30, Bytes(2)),
    "track2": Tlv(0x57, GreedyBytes),
}

# 93, signed static application data.
STATIC_SIGNATURE = Tlv(0x93, GreedyBytes)

# 57, track 2 equivalent data: PAN, D, YYMM, service code, discretionary digits.
TRACK2 = ExprAdapter(
    HEX,
    lambda text, _: dict(zip(("pan", "rest"), text.split("D", 1), strict=False)),
    lambda value, _: f"{value['pan']}D{value['rest']}",
)

# 9F69, card authentication related data.
CARD_AUTHENTICATION = Struct(
    "version" / Byte, "number" / Bytes(4), "ctq" / Bytes(2), "indicator" / Byte
)

# The record whose reading makes an offline purchase final.
LAST_RECORD = Struct(
    maybe("card_authentication", Tlv(0x9F69, GreedyBytes)),
    maybe("authorisation_code", Tlv(0x9F74, TEXT)),
)
