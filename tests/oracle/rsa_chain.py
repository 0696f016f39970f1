"""RSA: issuer key, ICC key, signed static and dynamic data. File 50 sections 4 to 7, `pow` only."""

from __future__ import annotations

import dataclasses
import hashlib

from tests.oracle import checks
from tests.oracle.dataset import DataSet, need

EXPONENTS = (b"\x03", b"\x01\x00\x01")


@dataclasses.dataclass(frozen=True)
class PublicKey:
    """Modulus as transmitted, leading zero bytes kept, and exponent."""

    modulus: bytes
    exponent: bytes

    @property
    def size(self) -> int:
        return len(self.modulus)


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()


def ca_key(data: DataSet) -> PublicKey:
    """CK-003: the exponent is 3 or 65537. CK-004: 64 to 248 bytes of modulus."""
    need(data.key.exponent in EXPONENTS, "CK-003")
    need(64 <= len(data.key.body) <= 248, "CK-004")
    return PublicKey(data.key.body, data.key.exponent)


def recover(key: PublicKey, signature: bytes) -> bytes:
    """The block of exactly key.size bytes (ODA-081). ODA-080: the value is below the modulus."""
    value, modulus = int.from_bytes(signature, "big"), int.from_bytes(key.modulus, "big")
    need(value < modulus, "ODA-080")
    exponent = int.from_bytes(key.exponent, "big")
    return pow(value, exponent, modulus).to_bytes(key.size, "big")


def _remainder(left: bytes, declared: int, rest: bytes, missing_rule: str) -> None:
    """Length of the remainder: ODA-044 or ODA-062 when it is missing, ODA-031 when it is wrong.

    A remainder that is not needed is left to the hash and to _join (ODA-032).
    """
    if declared > len(left):
        need(bool(rest), missing_rule)
        need(len(rest) == declared - len(left), "ODA-031")


def _join(left: bytes, declared: int, rest: bytes) -> bytes:
    """The modulus (ODA-051, ODA-068). ODA-032: no remainder beside a whole modulus."""
    need(declared > len(left) or not rest, "ODA-032")
    return left[:declared] + rest


def issuer_key(data: DataSet, ca: PublicKey) -> PublicKey:
    """Checks 90 and gives the issuer key: ODA-040 ... ODA-051."""
    certificate, exponent = data.get("90") or b"", data.get("9F32") or b""
    rest = data.get("92") or b""
    need(len(certificate) == ca.size, "ODA-040")
    block = recover(ca, certificate)
    need(block[-1] == 0xBC, "ODA-041")
    need(block[0] == 0x6A, "ODA-042")
    need(block[1] == 0x02, "ODA-043")
    left, declared = block[15:-21], block[13]
    need(64 <= declared <= 248, "ODA-084")
    _remainder(left, declared, rest, "ODA-044")
    need(block[11] == 0x01 and exponent in EXPONENTS, "ODA-045")
    need(sha1(block[1:-21] + rest + exponent) == block[-21:-1], "ODA-046")
    need(checks.issuer_matches(block[2:6], checks.pan(data)), "ODA-047")
    need(checks.month_valid(block[6:8], data.date), "ODA-048")
    need(checks.not_revoked(data, block[8:11]), "CK-021")
    need(block[12] == 0x01, "ODA-050")
    return PublicKey(_join(left, declared, rest), exponent)


def icc_key(data: DataSet, issuer: PublicKey, static: bytes) -> PublicKey:
    """Checks 9F46 and gives the ICC key: ODA-060 ... ODA-068."""
    certificate, exponent = data.get("9F46") or b"", data.get("9F47") or b""
    rest = data.get("9F48") or b""
    need(len(certificate) == issuer.size, "ODA-060")
    block = recover(issuer, certificate)
    need(block[-1] == 0xBC and block[0] == 0x6A and block[1] == 0x04, "ODA-061")
    left, declared = block[21:-21], block[19]
    need(64 <= declared <= 248, "ODA-084")
    _remainder(left, declared, rest, "ODA-062")
    need(block[17] == 0x01 and exponent in EXPONENTS, "ODA-063")
    need(sha1(block[1:-21] + rest + exponent + static) == block[-21:-1], "ODA-064")
    need(checks.pan_matches(block[2:12], checks.pan(data)), "ODA-065")
    need(checks.month_valid(block[12:14], data.date), "ODA-066")
    need(block[18] == 0x01, "ODA-067")
    return PublicKey(_join(left, declared, rest), exponent)


def signed_static(data: DataSet, issuer: PublicKey, static: bytes) -> bytes:
    """Checks 93 and gives the data authentication code 9F45: SDA-001, SDA-002."""
    signature = data.get("93") or b""
    need(len(signature) == issuer.size, "SDA-001")
    block = recover(issuer, signature)
    need(block[:3] == b"\x6a\x03\x01" and block[-1] == 0xBC, "SDA-001")
    need(sha1(block[1:-21] + static) == block[-21:-1], "SDA-002")
    return block[3:5]


def signed_dynamic(data: DataSet, icc: PublicKey, tail: bytes) -> bytes:
    """Checks 9F4B and gives the ICC dynamic data: DDA-001 ... DDA-005, FDA-007.

    The dynamic number may be impossible in fDDA unless fda.idn_strict is on (DDA-004).
    """
    signature = data.get("9F4B") or b""
    need(len(signature) == icc.size, "DDA-001")
    block = recover(icc, signature)
    need(block[-1] == 0xBC and block[0] == 0x6A, "DDA-002")
    if block[1] != 0x05:
        need(False, "FDA-007" if data.method == "fdda" and block[1] == 0x95 else "DDA-002")
    need(block[2] == 0x01, "DDA-002")
    need(sha1(block[1:-21] + tail) == block[-21:-1], "DDA-003")
    length = block[3]
    # The dynamic number is judged inside LDD and inside the block, whichever ends first.
    dynamic = block[4:-21][:length]
    if data.method != "fdda" or data.options["fda.idn_strict"]:
        need(checks.dynamic_number(dynamic) is not None, "DDA-004")
    need(length <= icc.size - 25, "DDA-005")
    return dynamic
