"""The published vectors of tests/data as data sets: TV-001 ... TV-031 and file 60 section 10.3."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


@cache
def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content


def rsa() -> dict[str, Any]:
    """oda-vectors.json."""
    return _load("oda-vectors.json")


def sm() -> dict[str, Any]:
    """sm-vectors.json."""
    return _load("sm-vectors.json")


def rsa_set(method: str, version: int = 1) -> dict[str, Any]:
    """The set of TV-001 with 93 (TV-012) or 9F4B (TV-010, 011, 013, 014)."""
    v = rsa()
    dyn, issuer, icc = v["dyn"], v["issuer"], v["icc"]
    card = {
        **{"8F": v["ca"]["index"], "90": issuer["cert_90"], "92": issuer["remainder_92"]},
        **{"9F32": "03", "9F46": icc["cert_9F46"], "9F47": "03", "9F48": icc["remainder_9F48"]},
        **{"9F4A": "82", "82": v["aip"], "5A": v["pan"] + "F", "9F08": "0030"},
    }
    terminal = {"9F37": dyn["un_9F37"], "9F02": dyn["amount_9F02"], "5F2A": dyn["currency_5F2A"]}
    options: dict[str, bool] = {}
    if method == "sda":
        card["93"] = v["sda"]["ssad_93"]
    elif method == "fdda":
        card["9F4B"] = v[f"fdda_v0{version}"]["sdad_9F4B"]
        terminal["9F66"] = "36000080" if version else "36000000"
        if version:
            card.update({"9F69": dyn["card_9F69"], "9F6C": dyn["card_9F69"][10:14]})
        else:
            options["fd.allow_v00"] = True
    elif method == "dda":
        card["9F4B"], terminal["ddol_data"] = v["dda"]["sdad_9F4B"], v["dda"]["ddol_data"]
    elif method == "cda":
        cda = v["cda"]
        card["9F4B"] = cda["sdad_9F4B"]
        terminal["cdol1_data"] = cda["cdol1_data"]
        terminal["pdol_data"] = cda["pdol_data"]
        terminal["response_tlvs"] = cda["gac_response"][6:]
    return {
        "method": method,
        "rid": v["ca"]["rid"],
        "ca_key": {
            "index": v["ca"]["index"],
            "algorithm": "rsa",
            "modulus": v["ca"]["modulus"],
            "exponent": v["ca"]["exponent"],
        },
        "card": card,
        "static_data": v["static_data"].removesuffix(v["aip"]),
        "terminal": terminal,
        "date": "240607",
        "options": options,
    }


def sign_again(role: str, recovered: str, changes: dict[int, bytes], covered: bytes) -> str:
    """A block of the RSA vectors with bytes changed, the hash made anew, signed by `role`."""
    key = rsa()[role]
    block = bytearray.fromhex(recovered)
    for at, value in changes.items():
        block[at : at + len(value)] = value
    block[-21:-1] = hashlib.sha1(bytes(block[1:-21]) + covered).digest()
    n, d = int(key["modulus"], 16), int(key["d"], 16)
    signed = pow(int.from_bytes(block, "big"), d, n)
    return signed.to_bytes(len(block), "big").hex().upper()


def sm_set(method: str, version: int = 1) -> dict[str, Any]:
    """The synthetic SM2 chain with 93 or 9F4B."""
    v = sm()["chain"]
    card = {
        **{"8F": v["index"], "90": v["issuer"]["cert_90"], "9F46": v["icc"]["cert_9F46"]},
        **{"9F4A": "82", "82": v["aip"], "5A": v["pan"], "9F08": "0030", "93": v["ssad_93"]},
    }
    terminal = {"9F37": v["un_9F37"], "9F02": v["amount_9F02"], "5F2A": v["currency_5F2A"]}
    options: dict[str, bool] = {}
    if method == "fdda":
        card["9F4B"] = v[f"sdad_v0{version}"]
        terminal["9F66"] = "36000080" if version else "36000000"
        if version:
            # Bytes 6 and 7 of 9F69, the copy of the card transaction qualifiers.
            card.update({"9F69": v["card_9F69"], "9F6C": v["card_9F69"][10:14]})
        else:
            options["fd.allow_v00"] = True
    elif method == "dda":
        card["9F4B"], terminal["ddol_data"] = v["sdad_v00"], v["un_9F37"]
    elif method == "cda":
        card["9F4B"] = v["cda"]["sdad"]
        terminal["cdol1_data"] = v["cda"]["cdol1_data"]
        terminal["response_tlvs"] = v["cda"]["response_tlvs"]
    return {
        "method": method,
        "rid": v["rid"],
        "ca_key": {"index": v["index"], "algorithm": "sm2", "point": v["ca"]["point"]},
        "card": card,
        "static_data": v["record"],
        "terminal": terminal,
        "date": "240607",
        "options": options,
    }
