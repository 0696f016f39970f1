"""What anyone can find out about an RSA modulus from the modulus alone.

Nothing here refuses a key: it reports what is publicly testable. No finding says nothing about
the strength of a key. Sources: M. Nemec, M. Sys, P. Svenda, D. Klinec, V. Matyas, "The Return of
Coppersmith's Attack", CCS 2017 (the fingerprint); the other tests are school arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import gcd, isqrt, prod

SHORT = 1024  # bits; a shorter modulus has been factored in public or is within reach
TRIAL = 1 << 16  # prime factors below it are found by one gcd
FERMAT_STEPS = 64

# Primes of the vulnerable key generation have the form k * M + (65537 ** a mod M), M the product of
# the first primes. Modulo each of these primes such a modulus is a power of 65537; a random one is
# so for all of them together with a probability below 2 ** -27.
_GENERATOR = 65537
_FINGERPRINT_LIMIT = 167


@cache
def primes(below: int) -> tuple[int, ...]:
    """All primes below a limit."""
    sieve = bytearray([1]) * below
    sieve[0:2] = b"\x00\x00"
    for n in range(2, isqrt(below - 1) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, below, n)))
    return tuple(n for n in range(below) if sieve[n])


@cache
def _small_product() -> int:
    return prod(primes(TRIAL))


@cache
def _residues() -> tuple[tuple[int, frozenset[int]], ...]:
    """(prime, powers of 65537 modulo it), without the primes where that is every residue."""
    found = []
    for prime in primes(_FINGERPRINT_LIMIT + 1):
        powers, value = set(), 1
        while value not in powers:
            powers.add(value)
            value = value * _GENERATOR % prime
        if len(powers) < prime - 1:
            found.append((prime, frozenset(powers)))
    return tuple(found)


def has_roca_fingerprint(modulus: int) -> bool:
    """Whether a modulus looks like one of the RSA library flaw of 2017 (CVE-2017-15361)."""
    return modulus > 0 and all(modulus % prime in powers for prime, powers in _residues())


def small_factors(modulus: int) -> tuple[int, ...]:
    """The prime factors below 65536."""
    if modulus <= 0:
        return ()
    common = gcd(modulus, _small_product() % modulus)
    return tuple(prime for prime in primes(TRIAL) if common % prime == 0) if common > 1 else ()


def close_factors(modulus: int, steps: int = FERMAT_STEPS) -> tuple[int, int] | None:
    """Two nearly equal factors of an odd modulus (Fermat's method), None when not found."""
    if modulus <= 0 or modulus % 2 == 0:
        return None
    middle = isqrt(modulus)
    if middle * middle < modulus:
        middle += 1
    for a in range(middle, middle + steps):
        rest = a * a - modulus
        b = isqrt(rest)
        if b * b == rest:
            return (a - b, a + b) if a - b > 1 else None
    return None


def key_weaknesses(modulus: int, *, short: int = SHORT) -> tuple[str, ...]:
    """Every finding about one modulus, in words. short: fewer bits are a finding."""
    found = []
    bits = modulus.bit_length()
    if bits < short:
        found.append(f"short: {bits} bits, fewer than {short}")
    if has_roca_fingerprint(modulus):
        found.append("fingerprint of the RSA key generation flaw of 2017 (CVE-2017-15361)")
    factors = small_factors(modulus)
    if factors:
        found.append("divisible by " + ", ".join(map(str, factors)))
    close = close_factors(modulus)
    if close is not None:
        same = close[0] == close[1]
        found.append("a perfect square" if same else "its factors lie close together")
    return tuple(found)


def shared_factors(moduli: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Pairs of places whose moduli have a factor in common; equal moduli are such a pair."""
    return tuple(
        (i, j)
        for j in range(len(moduli))
        for i in range(j)
        if moduli[i] > 0 and moduli[j] > 0 and gcd(moduli[i], moduli[j]) > 1
    )
