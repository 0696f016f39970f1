"""The two families of issuer cryptography behind one face: triple DES and SM4 (CS-040)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tapkern.issuer import cryptogram, sm4


@dataclass(frozen=True, slots=True)
class Suite:
    """Keys and cryptograms of one family; `identifier` is byte 8 of 9F10."""

    name: str
    identifier: int
    derive_udk: Callable[[bytes, str, str], bytes]
    session_key: Callable[[bytes, int], bytes]
    application_cryptogram: Callable[[bytes, bytes], bytes]
    arpc: Callable[[bytes, bytes, bytes], bytes]
    discretionary_mac: Callable[[bytes, int, bytes], bytes]


TRIPLE_DES = Suite(
    "3DES",
    0x01,
    cryptogram.derive_udk,
    cryptogram.session_key,
    cryptogram.application_cryptogram,
    cryptogram.arpc,
    cryptogram.discretionary_mac,
)
SM4 = Suite(
    "SM4",
    0x04,
    sm4.derive_udk,
    sm4.session_key,
    sm4.application_cryptogram,
    sm4.arpc,
    sm4.discretionary_mac,
)
