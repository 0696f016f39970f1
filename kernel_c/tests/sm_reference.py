"""SM3 and SM2 in plain Python integers, for test vectors only: slow, and written apart from the
kernel. Rules: file 60 section 8. Points are (x, y), None is the point at infinity."""

from typing import NamedTuple

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
MASK = 0xFFFFFFFF

Point = tuple[int, int] | None


class Signature(NamedTuple):
    """What the SM2 slot is given."""

    e: bytes
    rs: bytes
    point: bytes


# ---- SM3 ----


def _rol(x: int, n: int) -> int:
    n %= 32
    return (x << n | x >> (32 - n)) & MASK


def _compress(state: list[int], block: bytes) -> list[int]:
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rol(w[j - 3], 15)
        w.append(x ^ _rol(x, 15) ^ _rol(x, 23) ^ _rol(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _rol((_rol(a, 12) + e + _rol(constant, j)) & MASK, 7)
        ss2 = ss1 ^ _rol(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & MASK & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & MASK
        tt2 = (gg + h + ss1 + w[j]) & MASK
        a, b, c, d = tt1, a, _rol(b, 9), c
        e, f, g, h = tt2 ^ _rol(tt2, 9) ^ _rol(tt2, 17), e, _rol(f, 19), g
    return [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def sm3(message: bytes) -> bytes:
    state = [int.from_bytes(bytes.fromhex(x), "big") for x in (
        "7380166F", "4914B2B9", "172442D7", "DA8A0600",
        "A96F30BC", "163138AA", "E38DEE4D", "B0FB0E4E",
    )]  # fmt: skip
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64)
    padded += (8 * len(message)).to_bytes(8, "big")
    for i in range(0, len(padded), 64):
        state = _compress(state, padded[i : i + 64])
    return b"".join(x.to_bytes(4, "big") for x in state)


# ---- the curve, affine ----


def on_curve(point: Point) -> bool:
    if point is None:
        return False
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - A * x - B) % P == 0


def negate(point: Point) -> Point:
    return None if point is None else (point[0], -point[1] % P)


def add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] + A) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


# ---- multiples, in homogeneous coordinates x = X / Z, y = Y / Z ----

_Triple = tuple[int, int, int]


def _double(a: _Triple) -> _Triple:
    x, y, z = a
    w = 3 * x * x + A * z * z
    s = 2 * y * z % P
    r = y * s % P
    b = 2 * x * r
    h = (w * w - 2 * b) % P
    return h * s % P, (w * (b - h) - 2 * r * r) % P, s * s * s % P


def _add(a: _Triple, b: _Triple) -> _Triple:
    """The two points are different and not opposite, none is infinite."""
    u = (b[1] * a[2] - a[1] * b[2]) % P
    v = (b[0] * a[2] - a[0] * b[2]) % P
    zz = a[2] * b[2] % P
    vv = v * v % P
    vvv = v * vv % P
    r = vv * a[0] * b[2] % P
    t = (u * u * zz - vvv - 2 * r) % P
    return v * t % P, (u * (r - t) - vvv * a[1] * b[2]) % P, vvv * zz % P


def _affine(a: _Triple) -> Point:
    inverse = pow(a[2], -1, P)
    return a[0] * inverse % P, a[1] * inverse % P


def multiply(k: int, point: Point) -> Point:
    """k times point, bit by bit from the top: the sum is never the point again before 2^255."""
    k %= N
    if k == 0 or point is None:
        return None
    if k == N - 1:
        return negate(point)
    base = (point[0], point[1], 1)
    result = base
    for bit in bin(k)[3:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, base)
    return _affine(result)


# ---- SM2 ----


def encode(point: Point) -> bytes:
    assert point is not None
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def decode(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")


def pair(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def za(point: bytes, identity: bytes = IDENTITY) -> bytes:
    head = (8 * len(identity)).to_bytes(2, "big") + identity
    return sm3(head + encode((A, B)) + encode(G) + point)


def digest(point: bytes, message: bytes) -> bytes:
    return sm3(za(point) + message)


def sign(e: int, d: int, k: int) -> tuple[int, int]:
    """r and s; k is not used up (r = 0, r + k = n, s = 0 do not come by chance)."""
    kg = multiply(k, G)
    assert kg is not None
    r = (e + kg[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    assert r != 0 and s != 0 and r + k != N
    return r, s


def verify(signature: Signature) -> bool:
    """The rule of file 60 section 8, step by step."""
    r, s = decode(signature.rs)
    point = decode(signature.point)
    if not (1 <= r < N and 1 <= s < N and on_curve(point)):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    result = add(multiply(s, G), multiply(t, point))
    return result is not None and (int.from_bytes(signature.e, "big") + result[0]) % N == r
