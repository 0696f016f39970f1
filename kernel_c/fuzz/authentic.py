"""Inputs of the targets oda_rsa and oda_sm2: data sets that are signed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from layout import CA_KEY, EVENTS, ROOT, TERMINAL, Known, chunk, objects, tlv

ELEMENTS = [
    "8F",
    "90",
    "92",
    "9F32",
    "9F46",
    "9F47",
    "9F48",
    "9F4A",
    "9F4B",
    "9F69",
    "9F08",
    "9F6C",
    "82",
    "9F36",
    "PAN",
    "9F38",
    "93",
    "DDOL",
    "PDOL",
    "CDOL1",
    "CDOL2",
    "RESPONSE",
]
"""Chunks of oda_input.c, from 1 on; words that are no tags stand for data of a command."""
RECORD, PARAMETERS, IMAGE = 40, 50, 0x30
FDDA, SDA, DDA, CDA = 1, 2, 3, 4
V00, V01_NEEDS_0030, CHECK_CTQ = 1, 2, 4
RID = bytes.fromhex("A000000333")


def answers(tap: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Command and data of the answers 9000 of a tap."""
    for step in tap["steps"]:
        if step[0] == "transmit" and step[2] not in EVENTS and step[2].endswith("9000"):
            yield bytes.fromhex(step[1]), bytes.fromhex(step[2])[:-2]


def harvest(data: bytes) -> dict[str, bytes]:
    """The objects of a template by tag; nothing when it is malformed."""
    try:
        ((_, body),) = objects(data)
        found = {f"{tag:02X}": value for tag, value in objects(body)}
    except (IndexError, ValueError):
        return {}
    return found


def oda_set(
    elements: dict[str, bytes], records: Iterable[bytes], key: bytes, *, method: int = FDDA,
    options: int = V01_NEEDS_0030 | CHECK_CTQ, date: str = "240607", un: str = "", amount: str = "",
    currency: str = "0156", ttq: str = "36000080",
) -> bytes:  # fmt: skip
    """An input of oda_input.c."""
    parameters = bytes([method, options]) + RID + bytes.fromhex(date)
    parameters += bytes.fromhex(un).ljust(4, b"\0") + bytes.fromhex(amount).rjust(6, b"\0")
    parameters += bytes.fromhex(currency) + bytes.fromhex(ttq) + bytes(3) + b"\xff\xff\xff"
    out = chunk(TERMINAL, key) + chunk(PARAMETERS, parameters)
    for number, name in enumerate(ELEMENTS, 1):
        if elements.get(name):
            out += chunk(number, elements[name])
    return out + b"".join(chunk(RECORD, record) for record in records)


def vectors(name: str) -> dict[str, Any]:
    """A data set of tests/data."""
    found: dict[str, Any] = json.loads((ROOT / "tests" / "data" / name).read_text("utf-8"))
    return found


def key_entry(index: str, modulus: str) -> tuple[int, bytes]:
    """A CA key; the targets of authentication ask for no check sum."""
    parts = {0x9F06: RID.hex(), 0x9F22: index, 0xDF02: modulus, 0xDF04: "03"}
    return CA_KEY, b"".join(tlv(tag, bytes.fromhex(value)) for tag, value in parts.items())


def rsa_key() -> tuple[int, bytes]:
    """The CA of the RSA data sets."""
    ca = vectors("oda-vectors.json")["ca"]
    return key_entry(ca["index"], ca["modulus"])


def sm2_key() -> tuple[int, bytes]:
    """The CA of the SM2 data sets."""
    chain = vectors("sm-vectors.json")["chain"]
    return key_entry(chain["index"], chain["ca"]["point"])


def rsa_fdda(key: bytes, signature: str) -> bytes:
    """The data set of fDDA 01 with this 9F4B."""
    return rsa_sets(key, signature)["v01"]


def rsa_sets(key: bytes, fdda: str = "") -> dict[str, bytes]:
    """The data sets of tests/data/oda-vectors.json: fDDA 00 and 01, SDA, DDA, CDA."""
    v = vectors("oda-vectors.json")
    dyn = v["dyn"]
    named = {
        "8F": v["ca"]["index"], "90": v["issuer"]["cert_90"], "92": v["issuer"]["remainder_92"],
        "9F32": v["issuer"]["exponent"], "9F46": v["icc"]["cert_9F46"],
        "9F47": v["icc"]["exponent"], "9F48": v["icc"]["remainder_9F48"], "9F4A": "82",
        "9F08": "0030", "9F6C": "0000", "82": v["aip"], "9F36": dyn["ATC"], "PAN": v["pan"] + "F",
        "9F38": "9F66049F02069F03069F1A0295055F2A029A039C019F3704",
    }  # fmt: skip
    base = {name: bytes.fromhex(value) for name, value in named.items()}
    body = bytes.fromhex(v["static_data"].removesuffix(v["aip"]))
    given = {"un": dyn["un_9F37"], "amount": dyn["amount_9F02"], "currency": dyn["currency_5F2A"]}

    def one(method: int, extra: dict[str, str], options: int = 6, ttq: str = "36000080") -> bytes:
        more = {name: bytes.fromhex(value) for name, value in extra.items()}
        return oda_set(base | more, [body], key, method=method, options=options, ttq=ttq, **given)

    cda, response = v["cda"], bytes.fromhex(v["cda"]["gac_response"])
    tlvs = b"".join(tlv(tag, value) for tag, value in objects(next(objects(response))[1]))
    return {
        "v01": one(FDDA, {"9F4B": fdda or v["fdda_v01"]["sdad_9F4B"], "9F69": dyn["card_9F69"]}),
        "v00": one(FDDA, {"9F4B": v["fdda_v00"]["sdad_9F4B"]}, V00 | CHECK_CTQ, "36000000"),
        "sda": one(SDA, {"93": v["sda"]["ssad_93"]}),
        "dda": one(DDA, {"9F4B": v["dda"]["sdad_9F4B"], "DDOL": v["dda"]["ddol_data"]}),
        "cda": one(CDA, {
            "9F4B": cda["sdad_9F4B"], "PDOL": cda["pdol_data"], "CDOL1": cda["cdol1_data"],
            "RESPONSE": tlvs.hex(),
        }),
    }  # fmt: skip


def sm2_sets(key: bytes) -> dict[str, bytes]:
    """The chain of tests/data/sm-vectors.json."""
    v = vectors("sm-vectors.json")["chain"]
    named = {
        "8F": v["index"], "90": v["issuer"]["cert_90"], "9F46": v["icc"]["cert_9F46"],
        "9F4A": "82", "9F08": "0030", "9F6C": "0000", "82": v["aip"], "9F36": v["atc"],
        "PAN": v["pan"] + "FFFF", "9F38": "9F66049F02069F03069F1A0295055F2A029A039C019F3704",
    }  # fmt: skip
    base = {name: bytes.fromhex(value) for name, value in named.items()}
    given = {"un": v["un_9F37"], "amount": v["amount_9F02"], "currency": v["currency_5F2A"]}

    def one(method: int, extra: dict[str, str], options: int = 6, ttq: str = "36000080") -> bytes:
        more = {name: bytes.fromhex(value) for name, value in extra.items()}
        record = bytes.fromhex(v["record"])
        return oda_set(
            base | more,
            [record],
            key,
            method=method,
            options=options,
            ttq=ttq,
            date="260115",
            **given,
        )

    cda = v["cda"]
    return {
        "v01": one(FDDA, {"9F4B": v["sdad_v01"], "9F69": v["card_9F69"]}, 2),
        "v00": one(FDDA, {"9F4B": v["sdad_v00"]}, V00, "36000000"),
        "sda": one(SDA, {"93": v["ssad_93"]}),
        "cda": one(CDA, {
            "9F4B": cda["sdad"], "CDOL1": cda["cdol1_data"], "RESPONSE": cda["response_tlvs"],
        }),
    }  # fmt: skip


def tap_set(tap: dict[str, Any], keys: dict[bytes, int], algorithm: int) -> bytes | None:
    """What a recorded tap gave to authentication, None when its key is of another algorithm."""
    found: dict[str, bytes] = {}
    records = []
    for command, data in answers(tap):
        if command[1] in (0xA4, 0xA8, 0xB2):
            values = harvest(data)
            if command[1] == 0xA4 and "A5" in values:
                values = harvest(tlv(0x6F, values["A5"]))
            found |= values
        if command[1] == 0xB2 and command[3] >> 3 <= 10 and "5A" in harvest(data):
            records.append(next(objects(data))[1])
    number = keys.get(found.get("8F", b""))
    if number is None or algorithm != number >> 8 or "90" not in found:
        return None
    t = tap["transaction"]
    found["PAN"] = bytes.fromhex(found.get("5A", b"").hex().ljust(20, "F")[:20])
    return oda_set(
        found, records, bytes([0xFF, number & 0xFF]), date=t["date"], un=tap["random"][:8],
        amount=f"{t['amount']:012d}", currency=t["currency"], ttq="36004080",
    )  # fmt: skip


def algorithms(known: Known) -> dict[bytes, int]:
    """Numbers of the keys of the UnionPay RID by index, with the algorithm in the high byte."""
    found: dict[bytes, int] = {}
    for number, (kind, body) in enumerate(known.entries):
        parts = dict(objects(body)) if kind == CA_KEY else {}
        if parts.get(0x9F06) == RID and 0xDF07 in parts:
            found.setdefault(parts[0x9F22], parts[0xDF07][0] << 8 | number)
    return found
