"""The test certification authority: named CA keys under the UnionPay RID with test indexes.

A terminal that shall accept the ready cards loads `ca_keys()`; one without SM algorithms loads
`ca_keys("rsa")`. These keys are public; a terminal that accepts real cards must never hold one of
them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tapkern.errors import UsageError
from tapkern.issuer import layouts
from tapkern.issuer.certificates import (
    Certificate,
    issuer_certificate,
    sm2_issuer_certificate,
    sm2_sign,
)
from tapkern.issuer.keys import rsa_key, sm2_key
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import SIGNATURE_SIZE, Sm2Key

Algorithm = Literal["rsa", "sm2"]

RID = bytes.fromhex("A000000333")

INDEXES = {"ca-1024": 0xE1, "ca-1152": 0xE2, "ca-1408": 0xE3, "ca-1984": 0xE4, "vector-ca": 0xF1}
"""Key index (tag 8F) of every RSA CA key of the pool."""

SM2_INDEXES = {"ca-sm2": 0xE8, "vector-ca-sm2": 0xF7}
"""Key index (tag 8F) of every SM2 CA key of the pool; none is that of an RSA key."""

PUBLISHED_INDEXES = frozenset(bytes.fromhex("0102030408090A0B0C8083848586185758"))
"""Indexes under which the scheme has published keys: a test key has none of these."""

SERVICE_ID = bytes.fromhex("01010000")
_SM2_EXPIRIES = {"ca-sm2": "1249", "vector-ca-sm2": "1230"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaKey:
    """A CA public key as a terminal loads it.

    rsa: `modulus`, `exponent` and `checksum`, SHA-1 as in CK-002. sm2: `point`, X and Y in 64
    bytes, and the self-signature (r and s in 64 bytes) with the two fields that only it covers:
    `service`, 4 bytes, and `month`, MMYY in 2 BCD bytes. What the other algorithm has is
    empty; an SM2 key without a self-signature has those three empty.
    """

    rid: bytes
    index: int
    algorithm: Algorithm = "rsa"
    modulus: bytes = b""
    exponent: bytes = b""
    checksum: bytes = b""
    point: bytes = b""
    self_signature: bytes = b""
    service: bytes = b""
    month: bytes = b""

    @property
    def self_signed(self) -> bytes:
        """What the self-signature of an SM2 key is over, 80 bytes."""
        body: bytes = layouts.SM2_CA_BODY.build(
            {
                "service_id": self.service,
                "rid": self.rid,
                "index": self.index,
                "expiry": self.month,
                "point": self.point,
            }
        )
        return body

    def to_toml(self) -> str:
        """The key as a `[[ca_key]]` entry of a terminal configuration."""
        lines = ["[[ca_key]]", _line("rid", self.rid), f'index = "{self.index:02X}"']
        if self.algorithm == "sm2":
            lines.append('algorithm = "sm2"')
        names = (
            ("modulus", "exponent", "checksum")
            if self.algorithm == "rsa"
            else ("point", "service", "month", "self_signature")
        )
        lines += [_line(name, value) for name in names if (value := getattr(self, name))]
        return "\n".join(lines) + "\n"


def _line(name: str, value: bytes) -> str:
    return f'{name} = "{value.hex().upper()}"'


def ca_key(name: str) -> CaKey:
    """The public record of the CA key called `name` in the pool.

    Raises UsageError if the pool has no CA key of that name.
    """
    if name in SM2_INDEXES:
        return sm2_record(sm2_key(name), SM2_INDEXES[name], bytes.fromhex(_SM2_EXPIRIES[name]))
    index = INDEXES.get(name)
    if index is None:
        known = ", ".join([*INDEXES, *SM2_INDEXES])
        raise UsageError(f"no CA key is called {name!r}", "key pool", f"known: {known}")
    return rsa_record(rsa_key(name), index)


def rsa_record(key: RsaKey, index: int) -> CaKey:
    """The public record of an RSA key with its check sum."""
    content = RID + bytes([index]) + key.modulus + key.exponent
    checksum = hashlib.sha1(content, usedforsecurity=False).digest()
    return CaKey(
        rid=RID, index=index, modulus=key.modulus, exponent=key.exponent, checksum=checksum
    )


@cache
def sm2_record(key: Sm2Key, index: int, expiry: bytes) -> CaKey:
    """The public record of an SM2 key with its self-signature. expiry: MMYY in 2 BCD bytes."""
    plain = CaKey(
        rid=RID,
        index=index,
        algorithm="sm2",
        point=key.point,
        service=SERVICE_ID,
        month=expiry,
    )
    signature = sm2_sign(key, plain.self_signed, b"")[-SIGNATURE_SIZE:]
    return dataclasses.replace(plain, self_signature=signature)


def ca_keys(algorithm: Algorithm | None = None) -> list[CaKey]:
    """All CA public keys that a terminal needs for the ready cards, or those of one algorithm."""
    keys = [ca_key(name) for name in [*INDEXES, *SM2_INDEXES]]
    return [key for key in keys if algorithm in (None, key.algorithm)]


def ca_toml(keys: Iterable[CaKey] | None = None) -> str:
    """The keys (all of them by default) as text for a terminal configuration."""
    return "\n".join(key.to_toml() for key in (ca_keys() if keys is None else keys))


class TestAuthority:
    """One RSA CA key at work: its name, its public record, the certificates it gives."""

    __test__ = False  # not a test case, whatever its name says to pytest

    def __init__(self, name: str = "ca-1152") -> None:
        self.public = ca_key(name)
        self._key = rsa_key(name)

    @property
    def name(self) -> str:
        """Name of the key in the pool."""
        return self._key.name

    def certify(self, issuer: RsaKey, identifier: str, expiry: bytes, serial: bytes) -> Certificate:
        """Certificate of an issuer key; arguments as `certificates.issuer_certificate`."""
        return issuer_certificate(self._key, issuer, identifier, expiry, serial)


class Sm2TestAuthority:
    """One SM2 CA key at work, like `TestAuthority`."""

    def __init__(self, name: str = "ca-sm2") -> None:
        self.public = ca_key(name)
        self._key = sm2_key(name)

    @property
    def name(self) -> str:
        """Name of the key in the pool."""
        return self._key.name

    def certify(self, issuer: Sm2Key, identifier: str, expiry: bytes, serial: bytes) -> bytes:
        """Certificate of an issuer key, tag 90."""
        return sm2_issuer_certificate(self._key, issuer, identifier, expiry, serial)
