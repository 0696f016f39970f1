"""The test certification authority: named CA keys under the UnionPay RID with test indexes.

A terminal that shall accept the ready cards loads `ca_keys()`. These keys are public; a terminal
that accepts real cards must never hold one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tapkern.errors import UsageError
from tapkern.issuer.certificates import Certificate, issuer_certificate
from tapkern.issuer.keys import rsa_key
from tapkern.issuer.rsa import RsaKey

RID = bytes.fromhex("A000000333")

INDEXES = {"ca-1024": 0xE1, "ca-1152": 0xE2, "ca-1408": 0xE3, "ca-1984": 0xE4, "vector-ca": 0xF1}
"""Key index (tag 8F) of every CA key of the pool."""


@dataclass(frozen=True, slots=True)
class CaKey:
    """A CA public key as a terminal loads it; `checksum` is SHA-1 as in CK-002."""

    rid: bytes
    index: int
    modulus: bytes
    exponent: bytes
    checksum: bytes

    def to_toml(self) -> str:
        """The key as a `[[ca_key]]` entry of a terminal configuration."""
        return (
            "[[ca_key]]\n"
            f'rid = "{self.rid.hex().upper()}"\n'
            f'index = "{self.index:02X}"\n'
            f'modulus = "{self.modulus.hex().upper()}"\n'
            f'exponent = "{self.exponent.hex().upper()}"\n'
            f'checksum = "{self.checksum.hex().upper()}"\n'
        )


def ca_key(name: str) -> CaKey:
    """The public record of the CA key called `name` in the pool.

    Raises UsageError if the pool has no CA key of that name.
    """
    index = INDEXES.get(name)
    if index is None:
        raise UsageError(
            f"no CA key is called {name!r}", "key pool", f"known: {', '.join(INDEXES)}"
        )
    key = rsa_key(name)
    content = RID + bytes([index]) + key.modulus + key.exponent
    checksum = hashlib.sha1(content, usedforsecurity=False).digest()
    return CaKey(RID, index, key.modulus, key.exponent, checksum)


def ca_keys() -> list[CaKey]:
    """All CA public keys that a terminal needs for the ready cards."""
    return [ca_key(name) for name in INDEXES]


def ca_toml(keys: Iterable[CaKey] | None = None) -> str:
    """The keys (all of them by default) as text for a terminal configuration."""
    return "\n".join(key.to_toml() for key in (ca_keys() if keys is None else keys))


class TestAuthority:
    """One CA key at work: what it is called, its public record, the certificates it gives."""

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
