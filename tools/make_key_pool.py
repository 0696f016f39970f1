"""Make the pool of test keys that the simulated card and its issuer use.

    python tools/make_key_pool.py

writes src/tapkern/issuer/keys/pool.toml anew. Keys of 1024 bits and more come from `cryptography`;
it makes none below, so smaller ones come from the prime search here. The vector keys are factored
out of tests/data/oda-vectors.json, so that cards can sign with them by the remainder theorem; those
of the SM2 vectors are in tests/data/sm-vectors.json.
Every key is public the moment it is committed: for tests only.
"""

from __future__ import annotations

import json
import math
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent
POOL = ROOT / "src" / "tapkern" / "issuer" / "keys" / "pool.toml"
VECTORS = ROOT / "tests" / "data" / "oda-vectors.json"
SM_VECTORS = ROOT / "tests" / "data" / "sm-vectors.json"

# name: (bits, public exponent)
KEYS = {
    "ca-1024": (1024, 3),
    "ca-1152": (1152, 3),
    "ca-1408": (1408, 65537),
    "ca-1984": (1984, 3),
    "issuer-896": (896, 3),
    "issuer-1024": (1024, 65537),
    "issuer-1152": (1152, 3),
    "issuer-1408": (1408, 3),
    "icc-512": (512, 3),
    "icc-768": (768, 3),
    "icc-896": (896, 65537),
    "icc-1024": (1024, 3),
    "icc-1024-f4": (1024, 65537),
    "icc-1152": (1152, 3),
}

SM2_KEYS = ("ca-sm2", "issuer-sm2", "icc-sm2")
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

HEADER = """\
# TEST KEYS. All of them are public: they protect nothing and must never sign for a real card.
# Made by tools/make_key_pool.py.
#
# [rsa.NAME]     p, q: primes in hex; e: public exponent. Names end in the bits of the modulus.
# [sm2.NAME]     d: secret in hex, on the recommended 256-bit curve.
# [master.NAME]  ac, mac, enc: 3DES or SM4 master keys for cryptograms, message MACs, encipherment.
# The keys called "vector" belong to the test vectors TV-001 and TV-040, the SM2 ones among them to
# tests/data/sm-vectors.json.
"""


def is_prime(n: int, rounds: int = 48) -> bool:
    """Miller-Rabin test of an odd n; a composite passes with a chance below 4**-rounds."""
    shift = ((n - 1) & -(n - 1)).bit_length() - 1
    odd = (n - 1) >> shift
    for _ in range(rounds):
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(shift - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def find_prime(bits: int, e: int) -> int:
    """A random prime with its two top bits set, so that a product of two has full length."""
    while True:
        n = secrets.randbits(bits) | 3 << (bits - 2) | 1
        if math.gcd(n - 1, e) == 1 and pow(2, n - 1, n) == 1 and is_prime(n):
            return n


def make(bits: int, e: int) -> tuple[int, int]:
    """Two primes whose product has exactly `bits` bits."""
    if bits >= 1024:
        numbers = rsa.generate_private_key(public_exponent=e, key_size=bits).private_numbers()
        return numbers.p, numbers.q
    return find_prime(bits // 2, e), find_prime(bits // 2, e)


def factor(n: int, e: int, d: int) -> tuple[int, int]:
    """The primes of a key whose private exponent is known."""
    shift = ((e * d - 1) & -(e * d - 1)).bit_length() - 1
    odd = (e * d - 1) >> shift
    while True:
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        for _ in range(shift):
            y = x * x % n
            if y == 1 and x not in (1, n - 1):
                p = math.gcd(x - 1, n)
                return max(p, n // p), min(p, n // p)
            x = y


def rsa_entry(name: str, primes: tuple[int, int], e: int) -> str:
    """One key as TOML."""
    return f'\n[rsa.{name}]\np = "{primes[0]:X}"\nq = "{primes[1]:X}"\ne = {e}\n'


def sm2_entry(name: str, d: int) -> str:
    """One SM2 key as TOML."""
    return f'\n[sm2.{name}]\nd = "{d:064X}"\n'


def master_entry(name: str, ac: str) -> str:
    """One set of master keys as TOML, `ac` given."""
    mac, enc = (secrets.token_hex(16).upper() for _ in range(2))
    return f'\n[master.{name}]\nac = "{ac}"\nmac = "{mac}"\nenc = "{enc}"\n'


def main() -> None:
    """Write the pool."""
    text = [HEADER]
    for name, (bits, e) in KEYS.items():
        text.append(rsa_entry(name, make(bits, e), e))
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for role in ("ca", "issuer", "icc"):
        n, d = (int(vectors[role][part], 16) for part in ("modulus", "d"))
        text.append(rsa_entry(f"vector-{role}", factor(n, 3, d), 3))
    for name in SM2_KEYS:
        text.append(sm2_entry(name, secrets.randbelow(SM2_ORDER - 2) + 1))
    chain = json.loads(SM_VECTORS.read_text(encoding="utf-8"))["chain"]
    for role in ("ca", "issuer", "icc"):
        text.append(sm2_entry(f"vector-{role}-sm2", int(chain[role]["d"], 16)))
    text.append(master_entry("test", secrets.token_hex(16).upper()))
    text.append(master_entry("test-sm4", secrets.token_hex(16).upper()))
    text.append(master_entry("vector", "0123456789ABCDEFFEDCBA9876543210"))
    POOL.write_text("".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
