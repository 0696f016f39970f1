"""SM2 signatures with SM3 for test keys: sign, verify, nothing else.

Points are 64 bytes, X and Y big endian; signatures are 64 bytes, r and s. The signed digest is
SM3(ZA || message) with the default identity. Plain integers, not constant time: a key that signs
here is a test key, and the nonce is the caller's business.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
"""The recommended curve y^2 = x^3 + A x + B over P, its order and its base point."""

IDENTITY = b"1234567812345678"
"""The default distinguishing identity of signer and verifier."""

SIZE = 32
POINT_SIZE = SIGNATURE_SIZE = 2 * SIZE

Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A private test key with its public point and ZA. The secret stays out of `repr`."""

    name: str
    d: int = field(repr=False)
    point: bytes
    za: bytes

    @classmethod
    def from_secret(cls, name: str, d: int) -> Sm2Key:
        """Build the key from its secret. Raises ValueError unless it is 1 to N - 2."""
        if not 0 < d < N - 1:
            raise ValueError(f"the secret of key {name} is out of range")
        point = _join(*_affine(_multiply(d, GX, GY)))
        return cls(name, d, point, identity_digest(point))


def sm3(*parts: bytes) -> bytes:
    """SM3 of the parts one behind the other, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def identity_digest(point: bytes) -> bytes:
    """ZA: SM3 over the default identity, the curve and a public point, 32 bytes."""
    bits = (8 * len(IDENTITY)).to_bytes(2, "big")
    return sm3(bits, IDENTITY, _join(A, B), _join(GX, GY), point)


def on_curve(point: bytes) -> bool:
    """SM-046: whether 64 bytes are a point of the curve; infinity has no such form."""
    x, y = _split(point)
    return max(x, y) < P and (y * y - (x * x + A) * x - B) % P == 0


def nonce_for(key: Sm2Key, message: bytes) -> int:
    """A nonce from key and message alone, so that equal cards have equal bytes."""
    seed = key.d.to_bytes(SIZE, "big") + key.za + message
    return int.from_bytes(hashlib.sha512(seed).digest(), "big") % (N - 1) + 1


def sign(key: Sm2Key, message: bytes, nonce: int) -> bytes:
    """Sign a message, 64 bytes. Raises ValueError if the nonce cannot be used."""
    e = int.from_bytes(sm3(key.za, message), "big")
    r = s = 0
    if 0 < nonce < N:
        x, _ = _affine(_multiply(nonce, GX, GY))
        r = (e + x) % N
        s = pow(1 + key.d, -1, N) * (nonce - r * key.d) % N
    if r == 0 or r + nonce == N or s == 0:
        raise ValueError(f"key {key.name} cannot sign with this nonce")
    return _join(r, s)


def verify(point: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature holds under a public point; anything malformed does not."""
    if len(point) != POINT_SIZE or len(signature) != SIGNATURE_SIZE or not on_curve(point):
        return False
    r, s = _split(signature)
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    total = _add(_multiply(s, GX, GY), _multiply(t, *_split(point)))
    if total == INFINITY:
        return False
    e = int.from_bytes(sm3(identity_digest(point), message), "big")
    return (e + _affine(total)[0]) % N == r


def _split(pair: bytes) -> tuple[int, int]:
    """The two integers of a point or a signature."""
    if len(pair) != 2 * SIZE:
        raise ValueError(f"{2 * SIZE} bytes are needed, not {len(pair)}")
    return int.from_bytes(pair[:SIZE], "big"), int.from_bytes(pair[SIZE:], "big")


def _join(first: int, second: int) -> bytes:
    return first.to_bytes(SIZE, "big") + second.to_bytes(SIZE, "big")


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    zz, yy = z * z % P, y * y % P
    m = 3 * (x - zz) * (x + zz) % P  # A is -3
    v = 4 * x * yy % P
    x3 = (m * m - 2 * v) % P
    return x3, (m * (v - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(first: Jacobian, second: Jacobian) -> Jacobian:
    x1, y1, z1 = first
    x2, y2, z2 = second
    if z1 == 0:
        return second
    if z2 == 0:
        return first
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * zz2 % P, y1 * z2 * zz2 % P
    h, r = (x2 * zz1 - u1) % P, (y2 * z1 * zz1 - s1) % P
    if h == 0:
        return INFINITY if r else _double(first)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


@lru_cache(maxsize=16)
def _doublings(x: int, y: int) -> tuple[Jacobian, ...]:
    """A point times 1, 2, 4 and so on; every multiple is a sum of some of them."""
    powers = [(x, y, 1)]
    for _ in range(N.bit_length() - 1):
        powers.append(_double(powers[-1]))
    return tuple(powers)


def _multiply(k: int, x: int, y: int) -> Jacobian:
    """k times a point, k below 2^256."""
    result = INFINITY
    for bit, power in enumerate(_doublings(x, y)):
        if k >> bit & 1:
            result = _add(result, power)
    return result


def _affine(point: Jacobian) -> tuple[int, int]:
    """The coordinates of a point other than infinity."""
    x, y, z = point
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P
