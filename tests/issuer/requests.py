"""Online requests for tests: the worked one of the vectors, and others of the same card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tapkern.issuer import scripts
from tapkern.issuer.check import Issuer
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.session import Session
from tapkern.issuer.suites import SUITES

KNOWN: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "sm-vectors.json").read_text(encoding="utf-8")
)["cryptogram"]
FAMILIES = {"3des": 1, "sm4": 4}
PAN, PSN = KNOWN["pan"], KNOWN["psn"]
CARD = (PAN, PSN)
MASTER = MasterKeys("vector", **{use: bytes.fromhex(key) for use, key in KNOWN["master"].items()})
ISSUER = Issuer("vector", {1: MASTER, 4: MASTER})
FIELDS = (
    ("9F02", 6), ("9F03", 6), ("9F1A", 2), ("95", 5), ("5F2A", 2), ("9A", 3), ("9C", 1),
    ("9F37", 4), ("82", 2), ("9F36", 2),
)  # fmt: skip


def tlv(objects: dict[str, str]) -> bytes:
    """Objects as bytes; None leaves one out."""
    return b"".join(
        bytes.fromhex(f"{tag}{len(value) // 2:02X}{value}")
        for tag, value in objects.items()
        if value is not None
    )


def worked(family: str, version: str = "01", **changes: str | None) -> bytes:
    """The request of the worked values; changes by tag without the 9F before it being repeated."""
    data = KNOWN["cvn01_input"]
    objects: dict[str, Any] = {}
    for tag, size in FIELDS:
        objects[tag], data = data[: 2 * size], data[2 * size :]
    known = KNOWN[family]
    ac = known["ac_cvn01" if version == "01" else "ac_cvn17"]
    objects["9F10"] = (
        f"0701{version}{data}{FAMILIES[family]:02X}0A01{KNOWN['balance']}{known['balance_mac']}"
    )
    objects |= {"9F26": ac, "9F27": "80", "57": f"{PAN}D49122200000000F", "5F34": PSN}
    return tlv({**objects, **changes})


def request(
    atc: int,
    family: str = "3des",
    *,
    amount: int = 15000,
    kind: str = "20",
    type: str = "00",
    balance: int | None = 10000,
    identifier: int = 1,
    currency: str = "0156",
    pan: str = PAN,
    issuer: Issuer = ISSUER,
) -> bytes:
    """A good request of any card of the issuer. kind: byte 2 of the CVR, 20 is an ARQC."""
    number = FAMILIES[family]
    cvr = f"03{int(kind, 16) | 0x80:02X}0000"
    objects = {
        "9F02": f"{amount:012}", "9F03": "0" * 12, "9F1A": "0156", "95": "0" * 10,
        "5F2A": currency, "9A": "261122", "9C": type, "9F37": "01020304", "82": "7C00",
        "9F36": f"{atc:04X}",
    }  # fmt: skip
    data = bytes.fromhex("".join(objects.values()) + cvr)
    here = Session.open(SUITES[number], issuer.masters[number], pan, PSN, atc, bytes(8))
    told = ""
    if balance is not None:
        value = bytes.fromhex(f"{balance:010}")
        told = f"0A{identifier:02X}{value.hex()}{here.discretionary_mac(value).hex()}"
    objects |= {"9F10": f"070101{cvr}{number:02X}{told}", "9F26": here.cryptogram(data).hex()}
    objects |= {"5A": pan + "F" * (len(pan) % 2), "5F34": PSN}
    return tlv(objects)


def session(atc: int, raw: bytes, family: str = "3des", issuer: Issuer = ISSUER) -> Session:
    """The issuer's session of such a request, by its 9F26."""
    number = FAMILIES[family]
    at = raw.index(b"\x9f\x26\x08") + 3
    ac = raw[at : at + 8]
    return Session.open(SUITES[number], issuer.masters[number], PAN, PSN, atc, ac)


BLOCK = scripts.APPLICATION_BLOCK
