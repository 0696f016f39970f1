"""SM2 signatures with ZA (file 60 section 8) in plain integers.

Points are pairs (x, y) of integers, None is the point at infinity. Signing exists for test data
only: it takes its nonce from the caller and is not constant time.
"""

from __future__ import annotations

from functools import lru_cache

from tests.oracle.sm3 import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
Pair = tuple[int, int]
Point = Pair | None
G: Pair = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"


def on_curve(point: Pair) -> bool:
    """Both coordinates below p and the curve equation holds; 0, 0 is not on this curve."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def add(left: Point, right: Point) -> Point:
    """Sum of two points by the textbook formulas, which the tests hold against `combine`."""
    if left is None or right is None:
        return right if left is None else left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if left == right:
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


# X, Y, Z of a point (X / Z^2, Y / Z^3): sums without a division. Z = 0 is the point at infinity.
Jacobian = tuple[int, int, int]
_INFINITY: Jacobian = (1, 1, 0)


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    yy = y * y % P
    s = 4 * x * yy % P
    zz = z * z % P
    m = 3 * (x - zz) * (x + zz) % P  # 3 x^2 + a z^4 with a = -3
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _sum(left: Jacobian, right: Jacobian) -> Jacobian:
    x1, y1, z1 = left
    x2, y2, z2 = right
    if z1 == 0 or z2 == 0:
        return right if z1 == 0 else left
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * zz2 * z2 % P, y2 * zz1 * z1 % P
    if u1 == u2:
        return _double(left) if s1 == s2 else _INFINITY
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(point: Jacobian) -> Point:
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


@lru_cache(maxsize=64)
def _multiples(point: Pair) -> list[Jacobian]:
    """0 ... 15 times the point."""
    row = [_INFINITY]
    for _ in range(15):
        row.append(_sum(row[-1], (*point, 1)))
    return row


def combine(*terms: tuple[int, Pair]) -> Point:
    """The sum of k * point, each k in 0 ... 2^256 - 1; four bits of every k at a time."""
    rows = [(k, _multiples(point)) for k, point in terms]
    total = _INFINITY
    for at in range(252, -4, -4):
        for _ in range(4):
            total = _double(total)
        for k, row in rows:
            if digit := k >> at & 15:
                total = _sum(total, row[digit])
    return _affine(total)


def multiply(k: int, point: Pair) -> Point:
    """k * point, k in 0 ... 2^256 - 1."""
    return combine((k, point))


def point_of(data: bytes) -> Pair:
    """X || Y, 64 bytes, as a pair; not checked against the curve."""
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")


def bytes_of(point: Pair) -> bytes:
    """A pair as X || Y, 64 bytes."""
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def za(point: Pair, identity: bytes = IDENTITY) -> bytes:
    """The 32-byte hash of identity, curve and public key that goes before the message."""
    curve = b"".join(v.to_bytes(32, "big") for v in (A, B))
    return sm3(
        (8 * len(identity)).to_bytes(2, "big") + identity + curve + bytes_of(G) + bytes_of(point)
    )


_za = lru_cache(maxsize=64)(za)


def digest(point: Pair, message: bytes, identity: bytes = IDENTITY) -> int:
    """e = SM3(ZA || M) as an integer."""
    return int.from_bytes(sm3(_za(point, identity) + message), "big")


@lru_cache(maxsize=512)
def verify(point: Pair, message: bytes, signature: bytes) -> bool:
    """True when r || s (64 bytes) signs message under point, which is on the curve."""
    if len(signature) != 64:
        return False
    r, s = point_of(signature)
    if not (1 <= r < N and 1 <= s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    total = combine((s, G), (t, point))
    return total is not None and (digest(point, message) + total[0]) % N == r


def sign(d: int, message: bytes, k: int, identity: bytes = IDENTITY) -> bytes | None:
    """r || s with the nonce k in 1 ... n - 1; None when this nonce cannot be used."""
    public, at = multiply(d, G), multiply(k, G)
    if public is None or at is None:
        return None
    r = (digest(public, message, identity) + at[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    if r == 0 or r + k == N or s == 0:
        return None
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
