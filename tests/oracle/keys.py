"""Test keys in keys.json: RSA of mixed sizes and SM2; `python -m tests.oracle.keys` remakes it.

They are made from a fixed seed, published here, and good for nothing else. The RSA moduli are
products of many primes of about 128 bits, so that plain `pow` with the Chinese remainder theorem
signs quickly; a verifier cannot see the difference.
"""

from __future__ import annotations

import dataclasses
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle import sm2

FILE = Path(__file__).with_name("keys.json")
LABEL = "TEST KEYS of tests/oracle, made from the seed; published and worthless"
SEED = 20260
# (bits of the modulus, exponent). 92 and 93 bytes are the limits of a remainder under 128 bytes,
# 70 and 71 under 112; 142 bytes is the length of an SM2 certificate; 8n - 1 bits leave room for
# a certificate value above the modulus.
RSA = (
    *((512, 3), (512, 65537), (551, 3), (560, 65537), (568, 3), (640, 65537), (736, 3), (744, 3)),
    *((735, 65537), (768, 3), (768, 65537), (896, 3), (896, 65537), (895, 3), (1024, 3)),
    *((1024, 65537), (1023, 3), (1136, 3), (1136, 65537), (1152, 3), (1280, 65537), (1408, 3)),
    *((1408, 65537), (1536, 3), (1983, 65537), (1984, 3), (1984, 65537)),
)
SM2 = 10


@dataclasses.dataclass(frozen=True)
class RsaKey:
    """A key that signs whole blocks."""

    name: str
    e: int
    primes: tuple[int, ...]

    @property
    def n(self) -> int:
        product = 1
        for prime in self.primes:
            product *= prime
        return product

    @property
    def size(self) -> int:
        """Bytes of the modulus."""
        return (self.n.bit_length() + 7) // 8

    @property
    def modulus(self) -> bytes:
        return self.n.to_bytes(self.size, "big")

    @property
    def exponent(self) -> bytes:
        return self.e.to_bytes(1 if self.e < 256 else 3, "big")

    def sign(self, block: bytes) -> bytes:
        """The value whose e-th power is the block, as many bytes as the modulus."""
        value, n = int.from_bytes(block, "big"), self.n
        if value >= n:
            raise ValueError(f"{self.name}: the block is not below the modulus")
        total = 0
        for prime in self.primes:
            other = n // prime
            part = pow(value % prime, pow(self.e, -1, prime - 1), prime)
            total += part * other * pow(other, -1, prime)
        return (total % n).to_bytes(self.size, "big")


@dataclasses.dataclass(frozen=True)
class Sm2Key:
    """A key pair: d and the public point as X || Y."""

    name: str
    d: int
    point: bytes


def is_prime(number: int, rng: random.Random) -> bool:
    """Miller and Rabin, 24 rounds."""
    if number < 4 or number % 2 == 0:
        return number in (2, 3)
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(24):
        x = pow(rng.randrange(2, number - 1), odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def _prime(bits: int, e: int, rng: random.Random) -> int:
    while True:
        number = rng.getrandbits(bits) | 3 << (bits - 2) | 1
        if (number - 1) % e and is_prime(number, rng):
            return number


def make_rsa(bits: int, e: int, seed: int = SEED) -> RsaKey:
    """A modulus of exactly so many bits whose first byte is above 6A, the header of a block."""
    rng = random.Random(f"{seed}/rsa/{bits}/{e}")
    count = max(2, round(bits / 128))
    while True:
        primes: list[int] = []
        left = bits
        for index in range(count):
            share = left // (count - index) + (1 if index < count - 1 else 0)
            primes.append(_prime(share, e, rng))
            done = RsaKey("", e, tuple(primes)).n.bit_length()
            left = bits - done
        key = RsaKey(f"rsa-{bits}-{e}", e, tuple(sorted(primes)))
        if key.n.bit_length() == bits and key.modulus[0] > 0x6A and len(set(primes)) == count:
            return key


def make_sm2(index: int, seed: int = SEED) -> Sm2Key:
    """Key pair number index."""
    d = random.Random(f"{seed}/sm2/{index}").randrange(1, sm2.N - 1)
    point = sm2.multiply(d, sm2.G)
    assert point is not None
    return Sm2Key(f"sm2-{index}", d, sm2.bytes_of(point))


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


@cache
def rsa_keys() -> tuple[RsaKey, ...]:
    """The RSA keys, smallest first."""
    return tuple(
        RsaKey(entry["name"], entry["e"], tuple(int(prime, 16) for prime in entry["primes"]))
        for entry in _file()["rsa"]
    )


@cache
def rsa_key(name: str) -> RsaKey:
    """One RSA key by its name, such as rsa-1024-3."""
    return next(key for key in rsa_keys() if key.name == name)


@cache
def sm2_keys() -> tuple[Sm2Key, ...]:
    """The SM2 key pairs."""
    return tuple(
        Sm2Key(entry["name"], int(entry["d"], 16), bytes.fromhex(entry["point"]))
        for entry in _file()["sm2"]
    )


def _write() -> None:
    content = {
        "about": LABEL,
        "seed": SEED,
        "rsa": [
            {"name": key.name, "e": key.e, "primes": [f"{prime:X}" for prime in key.primes]}
            for key in (make_rsa(bits, e) for bits, e in sorted(RSA))
        ],
        "sm2": [
            {"name": key.name, "d": f"{key.d:064X}", "point": key.point.hex().upper()}
            for key in (make_sm2(index) for index in range(SM2))
        ],
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
