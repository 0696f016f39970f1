"""Signed key chains for fDDA version 01, in RSA and in SM2, and the three operations in each.

The card and its static data are the same in all of them; only keys and certificates differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from benches.material import DATE, KEYS, NUMBER, PAN
from tapkern.issuer import certificates
from tapkern.issuer.certificates import Certificate, fdda_tail
from tapkern.issuer.keys import rsa_key, sm2_key
from tapkern.issuer.rsa import RsaKey

SM2_KEYS = ("ca-sm2", "issuer-sm2", "icc-sm2")
SM2_SIGNATURE = 64
RSA, SM2 = b"\x01", b"\x04"  # enum tapk_key_algorithm
RID = bytes.fromhex("A000000333")
EXPIRY = bytes.fromhex("1249")
ISSUER_SERIAL = b"\x00\x00\x01"
# In a memo that chooses the place by bytes of the certificate, issuer and card must have two.
ICC_SERIAL = b"\x00\x00\x03"
AIP, ATC = bytes.fromhex("7C00"), bytes.fromhex("0011")
AMOUNT, CURRENCY = bytes.fromhex("000000001250"), b"\x01\x56"
PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
CARD_DATA = bytes.fromhex("01" + "A1B2C3D4" + "0000" + "00")  # 9F69: version, number, CTQ
RECORDS = (
    bytes.fromhex("5A0A" + PAN + "F" + "5F24034912315F25032001015F280201569F0702FF00"),
    bytes.fromhex("5F340101" + "9F08020030" + "9F4A0182"),
)
STATIC = b"".join(RECORDS) + AIP
TAIL = fdda_tail(NUMBER, AMOUNT, CURRENCY, CARD_DATA)

Operation = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Chain:
    """An fDDA data set, and its operations: issuer certificate, card certificate, signature."""

    elements: tuple[bytes, ...]  # in the order of enum part in c/oda.c
    operations: tuple[Operation, ...]  # RSA: signature, modulus, exponent; SM2: ..., point, message


def rsa(exponent: int) -> Chain:
    """The chain of KEYS (1984, 1408 and 1152 bits), all with this exponent."""
    pool = [rsa_key(name) for name in KEYS]
    ca, issuer, icc = (RsaKey.from_primes(k.name, k.p, k.q, exponent) for k in pool)
    first = certificates.issuer_certificate(ca, issuer, PAN[:6], EXPIRY, ISSUER_SERIAL)
    second = certificates.icc_certificate(issuer, icc, PAN, EXPIRY, ICC_SERIAL, STATIC)
    signature = certificates.sign_dynamic(icc, ATC, TAIL)
    return Chain(
        _elements(RSA, (ca.modulus, ca.exponent), first, second, signature),
        (
            (first.certificate, ca.modulus, ca.exponent),
            (second.certificate, issuer.modulus, issuer.exponent),
            (signature, icc.modulus, icc.exponent),
        ),
    )


def sm2() -> Chain:
    """The chain of SM2_KEYS."""
    ca, issuer, icc = (sm2_key(name) for name in SM2_KEYS)
    first = certificates.sm2_issuer_certificate(ca, issuer, PAN[:6], EXPIRY, ISSUER_SERIAL)
    second = certificates.sm2_icc_certificate(issuer, icc, PAN, EXPIRY, ICC_SERIAL, STATIC)
    signature = certificates.sm2_sign_dynamic(icc, ATC, TAIL)
    return Chain(
        _elements(
            SM2,
            (ca.point, b""),
            Certificate(first, b"", b""),
            Certificate(second, b"", b""),
            signature,
        ),
        (
            _verification(first, b"", ca.point),
            _verification(second, STATIC, issuer.point),
            _verification(signature, TAIL, icc.point),
        ),
    )


def _verification(signed: bytes, outside: bytes, point: bytes) -> Operation:
    """What an SM2 verification is given: the signature stands behind what is signed."""
    return signed[-SM2_SIGNATURE:], point, signed[:-SM2_SIGNATURE] + outside


def _elements(
    algorithm: bytes,
    ca: tuple[bytes, bytes],
    issuer: Certificate,
    icc: Certificate,
    signature: bytes,
) -> tuple[bytes, ...]:
    return (
        algorithm, *ca, b"\xe4",
        issuer.certificate, issuer.remainder, issuer.exponent,
        icc.certificate, icc.exponent, icc.remainder,
        b"\x82", signature, CARD_DATA, b"\x00\x30", b"\x00\x00", AIP, ATC,
        bytes.fromhex(PAN + "F"), PDOL, *RECORDS,
        RID, bytes.fromhex(DATE), NUMBER, AMOUNT, CURRENCY, bytes.fromhex("36000080"),
    )  # fmt: skip


def operation_items(chain: Chain) -> list[bytes]:
    """The file of operations: three byte strings for each."""
    return [piece for operation in chain.operations for piece in operation]
