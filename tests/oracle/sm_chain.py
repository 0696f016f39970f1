"""SM2: issuer key, ICC key, signed static and dynamic data. File 60 sections 4 to 7."""

from __future__ import annotations

from tests.oracle import checks, sm2
from tests.oracle.dataset import DataSet, need


def ca_key(data: DataSet) -> sm2.Pair:
    """SM-022: 64 bytes and on the curve."""
    need(len(data.key.body) == 64, "SM-022")
    point = sm2.point_of(data.key.body)
    need(sm2.on_curve(point), "SM-022")
    return point


def issuer_key(data: DataSet, ca: sm2.Pair) -> sm2.Pair:
    """Checks 90 and gives the issuer key: SM-040 ... SM-047 in the order of the table."""
    certificate = data.get("90") or b""
    need(len(certificate) == 142, "SM-040")
    need(certificate[0] == 0x12, "SM-041")
    need(checks.issuer_matches(certificate[1:5], checks.pan(data)), "SM-042")
    need(checks.month_valid(certificate[5:7], data.date), "SM-043")
    need(checks.not_revoked(data, certificate[7:10]), "SM-044")
    need((certificate[10], certificate[12], certificate[13]) == (0x04, 0x11, 0x40), "SM-045")
    point = sm2.point_of(certificate[14:78])
    need(sm2.on_curve(point), "SM-046")
    need(sm2.verify(ca, certificate[:78], certificate[78:]), "SM-047")
    return point


def icc_key(data: DataSet, issuer: sm2.Pair, static: bytes) -> sm2.Pair:
    """Checks 9F46 and gives the ICC key: SM-050 ... SM-056."""
    certificate = data.get("9F46") or b""
    need(len(certificate) == 148, "SM-050")
    need(certificate[0] == 0x14, "SM-051")
    need(checks.pan_matches(certificate[1:11], checks.pan(data)), "SM-052")
    need(checks.month_valid(certificate[11:13], data.date), "SM-053")
    need((certificate[16], certificate[18], certificate[19]) == (0x04, 0x11, 0x40), "SM-054")
    point = sm2.point_of(certificate[20:84])
    need(sm2.on_curve(point), "SM-055")
    need(sm2.verify(issuer, certificate[:84] + static, certificate[84:]), "SM-056")
    return point


def signed_static(data: DataSet, issuer: sm2.Pair, static: bytes) -> bytes:
    """Checks 93 and gives the data authentication code 9F45: SM-060, SM-061."""
    signed = data.get("93") or b""
    need(len(signed) == 67 and signed[0] == 0x13, "SM-060")
    need(sm2.verify(issuer, signed[:3] + static, signed[3:]), "SM-061")
    return signed[1:3]


def signed_dynamic(data: DataSet, icc: sm2.Pair, tail: bytes) -> bytes:
    """Checks 9F4B and gives the ICC dynamic data: SM-070, SM-012, SM-071, SM-072."""
    signed = data.get("9F4B") or b""
    need(signed[:1] == b"\x15", "SM-070")
    need(len(signed) >= 2 and len(signed) == 2 + signed[1] + 64, "SM-012")
    body, signature = signed[:-64], signed[-64:]
    dynamic = body[2:]
    if data.method != "fdda" or data.options["fda.idn_strict"]:
        need(checks.dynamic_number(dynamic) is not None, "SM-071")
    need(sm2.verify(icc, body + tail, signature), "SM-072")
    return dynamic
