"""The two families of issuer cryptography behind one face: triple DES and SM4 (CS-040)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tapkern.issuer import cryptogram, sm4


@dataclass(frozen=True, slots=True)
class Suite:
    """Keys and cryptograms of one family; `identifier` is byte 8 of 9F10.

    derive_udk: as card and issuer keep it, a triple DES key with odd parity, because PIN change
    copies bytes of it.
    """

    name: str
    identifier: int
    derive_udk: Callable[[bytes, str, str], bytes]
    session_key: Callable[[bytes, int], bytes]
    application_cryptogram: Callable[[bytes, bytes], bytes]
    arpc: Callable[[bytes, bytes, bytes], bytes]
    discretionary_mac: Callable[[bytes, int, bytes], bytes]
    message_mac: Callable[[bytes, bytes], bytes]
    encrypt: Callable[[bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes], bytes]


def _derive_with_parity(master: bytes, pan: str, psn: str) -> bytes:
    return cryptogram.odd_parity(cryptogram.derive_udk(master, pan, psn))


TRIPLE_DES = Suite(
    "3DES",
    0x01,
    _derive_with_parity,
    cryptogram.session_key,
    cryptogram.application_cryptogram,
    cryptogram.arpc,
    cryptogram.discretionary_mac,
    cryptogram.message_mac,
    cryptogram.encrypt,
    cryptogram.decrypt,
)
SM4 = Suite(
    "SM4",
    0x04,
    sm4.derive_udk,
    sm4.session_key,
    sm4.application_cryptogram,
    sm4.arpc,
    sm4.discretionary_mac,
    sm4.message_mac,
    sm4.encrypt,
    sm4.decrypt,
)

SUITES = {suite.identifier: suite for suite in (TRIPLE_DES, SM4)}
"""The families by their identifier."""
