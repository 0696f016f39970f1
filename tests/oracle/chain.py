"""The second opinion on one authentication data set: verify(data) -> Verdict.

Independent of the kernel: own TLV reading, `pow` for RSA, hashlib for SHA-1, own SM3 and SM2.
Order of checks, the first failure names the rule:

1. fDDA only: FD-001 (AIP), FD-002 (version), FD-003 ... FD-006, FDA-006 (PDOL), FD-008 (9F4B).
2. ODA-030 without 8F, CK-008, CK-005, then the CA key itself (CK-003, CK-004, SM-022).
3. ODA-030 for the other mandatory elements, ODA-022, ODA-082.
4. Issuer certificate, then ICC certificate or signed static data, in the order of the tables.
5. DDA-020, DDA-023 (DDA) or CDA-002 (CDA) before the signed dynamic data.
6. After the signature: CDA-003, CDA-004, CDA-005 (RSA) or CDA-003, SM-073, SM-074 (SM2);
   FD-010, FD-011, FD-012 (fDDA).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tests.oracle import checks, rsa_chain, sm_chain, tlv
from tests.oracle.dataset import DataSet, Fail, need, read
from tests.oracle.sm3 import sm3


@dataclasses.dataclass(frozen=True)
class Verdict:
    """verified, or the id of the rule that failed first; number: 9F4C of a verified one."""

    verified: bool
    failed_rule: str | None
    number: bytes | None = None


def verify(data: Mapping[str, Any]) -> Verdict:
    """Judges the JSON object; raises dataset.BadSet when it is not such an object."""
    chosen = read(data)
    try:
        dynamic = _judge(chosen)
    except Fail as fail:
        return Verdict(False, fail.rule)
    return Verdict(True, None, checks.dynamic_number(dynamic))


def _judge(data: DataSet) -> bytes:
    """The ICC dynamic data, nothing for a method that has none."""
    version = _fdda_begin(data) if data.method == "fdda" else 0
    _find_key(data)
    return _rsa(data, version) if data.key.algorithm == "rsa" else _sm(data, version)


def _find_key(data: DataSet) -> None:
    """ODA-030, CK-008: (RID, 8F) names the key. CK-005: a key past its date is not there."""
    index = data.get("8F")
    need(index is not None, "ODA-030")
    need(index == bytes([data.key.index]), "CK-008")
    if data.key.expiry is not None and not data.options["ck.ignore_expiry"]:
        need(data.date <= data.key.expiry, "CK-005")


def _mandatory(data: DataSet, tags: tuple[str, ...]) -> bytes:
    """ODA-030: all of these are there. Gives the static data to be authenticated."""
    for tag in tags:
        need(data.get(tag) is not None, "ODA-030")
    return checks.static_data(data)


def _rsa(data: DataSet, version: int) -> bytes:
    ca = rsa_chain.ca_key(data)
    wanted = ("90", "9F32", "93") if data.method == "sda" else ("90", "9F32", "9F46", "9F47")
    static = _mandatory(data, wanted)
    issuer = rsa_chain.issuer_key(data, ca)
    if data.method == "sda":
        rsa_chain.signed_static(data, issuer, static)
        return b""
    icc = rsa_chain.icc_key(data, issuer, static)
    if data.method == "chain":
        return b""
    dynamic = rsa_chain.signed_dynamic(data, icc, _tail(data, version))
    _after(data, version, dynamic)
    return dynamic


def _sm(data: DataSet, version: int) -> bytes:
    ca = sm_chain.ca_key(data)
    static = _mandatory(data, ("90", "93") if data.method == "sda" else ("90", "9F46"))
    issuer = sm_chain.issuer_key(data, ca)
    if data.method == "sda":
        sm_chain.signed_static(data, issuer, static)
        return b""
    icc = sm_chain.icc_key(data, issuer, static)
    if data.method == "chain":
        return b""
    dynamic = sm_chain.signed_dynamic(data, icc, _tail(data, version))
    _after(data, version, dynamic)
    return dynamic


def _tail(data: DataSet, version: int) -> bytes:
    """What the terminal adds to the signed dynamic data; says too when 9F4B or DDOL is missing."""
    if data.method == "dda":
        ddol = data.terminal.get("ddol_data", b"")
        need(len(ddol) >= 4, "DDA-020")
        need(data.get("9F4B") is not None, "DDA-023")
        return ddol
    number = data.sent("9F37", 4)
    if data.method == "cda":
        need(data.get("9F4B") is not None, "CDA-002")
        return number
    if version == 0:
        return number
    return number + data.sent("9F02", 6) + data.sent("5F2A", 2) + (data.get("9F69") or b"")


def _after(data: DataSet, version: int, dynamic: bytes) -> None:
    if data.method == "cda":
        _cda_end(data, dynamic)
    if data.method == "fdda":
        _fdda_end(data, version, dynamic)


def _fdda_begin(data: DataSet) -> int:
    """FD-001 ... FD-006, FDA-006, FD-008. Gives the version: 0 or 1."""
    aip = data.get("82")
    need(aip is not None and len(aip) == 2 and bool(aip[0] & 0x20), "FD-001")
    version = 0
    card = data.get("9F69")
    if card is not None:
        need(8 <= len(card) <= 16 and card[0] in (0, 1), "FD-002")
        version = card[0]
    number = data.get("9F08") or b"\x00\x20"
    need(len(number) == 2, "FD-003")
    qualifiers = data.terminal.get("9F66", b"") or bytes(4)
    qualifiers = qualifiers if len(qualifiers) == 4 else data.sent("9F66", 4)
    if version == 0:
        need(not (qualifiers[3] & 0x80 and number >= b"\x00\x30"), "FD-004")
        need(data.options["fd.allow_v00"], "FD-006")
    elif data.options["fd.v01_needs_0030"]:
        need(number >= b"\x00\x30", "FD-005")
    _asked(data, version)
    need(data.get("9F4B") is not None, "FD-008")
    return version


def _asked(data: DataSet, version: int) -> None:
    """FDA-006, only when a PDOL is given: it asks what the signature covers, in full length."""
    pdol = data.get("9F38")
    if pdol is None:
        return
    try:
        entries = tlv.dol(pdol)
    except tlv.Malformed:
        raise Fail("FDA-006") from None
    wanted = [("9F37", 4)] if version == 0 else [("9F37", 4), ("9F02", 6), ("5F2A", 2)]
    need(all(entry in entries for entry in wanted), "FDA-006")


def _fdda_end(data: DataSet, version: int, dynamic: bytes) -> None:
    """FD-010: the dynamic number is the ATC. FD-011, FD-012: 9F69 and CTQ agree (version 01)."""
    if data.options["fd.check_atc"]:
        number = checks.dynamic_number(dynamic)
        need(number is not None and number == data.get("9F36"), "FD-010")
    if version == 0:
        return
    card, qualifiers = data.get("9F69") or b"", data.get("9F6C")
    if qualifiers is None:
        need(card[5:7] == bytes(2), "FD-012")
    elif data.options["fd.check_ctq"]:
        need(card[5:7] == qualifiers, "FD-011")
    if data.terminal.get("DF60", b"\x00") not in (b"", b"\x00"):
        need(card[7:8] == (data.get("DF61") or b"\x00"), "FD-011")


def _cda_end(data: DataSet, dynamic: bytes) -> None:
    """CDA-003: room for number, CID, AC and hash. Then CID and transaction data hash."""
    start = 1 + len(checks.dynamic_number(dynamic) or b"")
    sm = data.key.algorithm == "sm2"
    size = 32 if sm else 20
    need(len(dynamic) >= start + 9 + size, "CDA-003")
    cid, code = dynamic[start : start + 1], dynamic[start + 9 : start + 9 + size]
    answer = data.terminal.get("response_tlvs", b"")
    try:
        found = tlv.objects(answer)
    except tlv.Malformed:
        raise Fail("SM-073" if sm else "CDA-004") from None
    clear = [value for tag, value, _ in found if tag == "9F27"]
    parts = [data.terminal.get(name, b"") for name in ("pdol_data", "cdol1_data", "cdol2_data")]
    covered = b"".join([*parts, *(raw for tag, _, raw in found if tag != "9F4B")])
    if sm:
        need(sm3(covered) == code, "SM-073")
        need(clear == [cid], "SM-074")
    else:
        need(clear == [cid], "CDA-004")
        need(rsa_chain.sha1(covered) == code, "CDA-005")
