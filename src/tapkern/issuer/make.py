"""Makes a test issuer: a CA and issuer keys in both families, master keys, all fresh.

RSA keys of 1024 bits and more come from `cryptography`, which makes no smaller ones: those are
the pool's, in the open like everything else here.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric import rsa

from tapkern.errors import UsageError
from tapkern.issuer import sm2
from tapkern.issuer.authority import INDEXES, PUBLISHED_INDEXES, SM2_INDEXES
from tapkern.issuer.keyfile import LARGEST_BITS, Family, IssuerKeys
from tapkern.issuer.keys import MasterKeys, rsa_key, rsa_names
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

CA_BITS, ISSUER_BITS, INDEX = 1408, 1152, 0xE5
SMALLEST_MADE = 1024
_EXPONENT = 65537


def new_issuer(
    name: str, *, ca_bits: int = CA_BITS, issuer_bits: int = ISSUER_BITS, index: int = INDEX
) -> IssuerKeys:
    """An issuer with fresh keys, but RSA keys below 1024 bits, which the pool has.

    index: of the RSA CA key (8F); the SM2 one has the next. Raises UsageError about lengths that
    do not go together and an index that other keys have.
    """
    _check(ca_bits, issuer_bits, index)
    return IssuerKeys(
        name,
        Family(
            ca=_rsa("ca", ca_bits, f"{name}-ca"),
            ca_index=index,
            issuer=_rsa("issuer", issuer_bits, f"{name}-issuer"),
            master=_master(name),
        ),
        Family(
            ca=_sm2(f"{name}-ca-sm2"),
            ca_index=index + 1,
            issuer=_sm2(f"{name}-issuer-sm2"),
            master=_master(f"{name}-sm4"),
        ),
    )


def pool_bits(role: str) -> list[int]:
    """Lengths below 1024 bits that the pool has for a role."""
    found = [rsa_key(name).size * 8 for name in rsa_names() if name.startswith(f"{role}-")]
    return sorted(bits for bits in found if bits < SMALLEST_MADE)


def _check(ca_bits: int, issuer_bits: int, index: int) -> None:
    for role, bits in (("ca", ca_bits), ("issuer", issuer_bits)):
        made = SMALLEST_MADE <= bits <= LARGEST_BITS and bits % 8 == 0
        if not made and bits not in pool_bits(role):
            small = "".join(f", or {n}" for n in pool_bits(role))
            raise UsageError(
                f"no {role} key of {bits} bits can be made",
                hint=f"{SMALLEST_MADE} to {LARGEST_BITS} in whole bytes{small}",
            )
    if issuer_bits > ca_bits:
        raise UsageError("the issuer key is longer than the CA key, which certifies it")
    taken = PUBLISHED_INDEXES | {*INDEXES.values(), *SM2_INDEXES.values()}
    if not 0 <= index < 0xFF or {index, index + 1} & taken:
        raise UsageError(
            f"index {index:02X} or the next one belongs to published or ready keys",
            hint=f"for example {INDEX:02X}",
        )


def _rsa(role: str, bits: int, name: str) -> RsaKey:
    if bits < SMALLEST_MADE:
        small = rsa_key(f"{role}-{bits}")
        return RsaKey.from_primes(name, small.p, small.q, small.e)
    made = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=bits).private_numbers()
    return RsaKey.from_primes(name, made.p, made.q, _EXPONENT)


def _sm2(name: str) -> Sm2Key:
    return Sm2Key.from_secret(name, secrets.randbelow(sm2.N - 2) + 1)


def _master(name: str) -> MasterKeys:
    """Master keys; triple DES halves that are equal would make it single DES."""
    keys: list[bytes] = []
    while len(keys) < 3:
        key = secrets.token_bytes(16)
        if key[:8] != key[8:]:
            keys.append(key)
    return MasterKeys(name, *keys)
