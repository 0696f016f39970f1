"""Signatures for the SM2 slot: ordinary ones and the rare ones that chance never makes.

    python sm_cases.py [N]     writes N random cases (default 12000) and all rare ones, a line each:
                               1 or 0 (valid or not), e, r || s, X || Y in hexadecimal

test_sm reads these lines from a file named on its command line. What is expected is computed by
sm_reference.py for every line. Keys are made here and belong to nobody.
"""

import random
import sys
from collections.abc import Iterator

from sm_reference import (
    A,
    B,
    G,
    N,
    P,
    Point,
    Signature,
    add,
    decode,
    encode,
    multiply,
    negate,
    pair,
    sign,
    verify,
)

Case = tuple[str, Signature]


def case(name: str, e: int, r: int, s: int, point: Point) -> Case:
    return name, Signature(e.to_bytes(32, "big"), pair(r, s), encode(point))


def root(square: int) -> int | None:
    """A square root modulo p (p = 3 modulo 4), None when there is none."""
    y = pow(square, (P + 1) // 4, P)
    return y if y * y % P == square % P else None


def lift(x: int) -> Point:
    """A point with this x coordinate."""
    y = root(x * x * x + A * x + B)
    return None if y is None else (x, y)


def made(name: str, s: int, t: int, point: Point) -> Case:
    """The signature with these s and t: valid by the choice of r and e, unless s G + t P is
    infinite or r comes out as 0."""
    result = add(multiply(s, G), multiply(t, point))
    r = (t - s) % N
    e = (r - (0 if result is None else result[0])) % N
    return case(name, e, r, s % N, point)


# ---- rare cases ----


def ranges(source: random.Random) -> Iterator[Case]:
    """r, s and t at and outside their limits."""
    d = source.randrange(1, N)
    point = multiply(d, G)
    e = source.randrange(N)
    r, s = sign(e, d, source.randrange(1, N))
    yield case("valid", e, r, s, point)
    for text, bad in (("0", 0), ("n", N), ("n + 1", N + 1), ("2^256 - 1", 2**256 - 1)):
        yield case(f"r = {text}", e, bad, s, point)
        yield case(f"s = {text}", e, r, bad, point)
    yield case("r = s = 0", e, 0, 0, point)
    yield case("r + s = n", e, r, N - r, point)
    yield case("r + s = n, small", e, 1, N - 1, point)
    yield case("r and s changed", e, s, r, point)
    yield made("t = 0 and else right", 7, 0, point)
    yield made("t = 0 and else right", source.randrange(1, N), 0, point)
    # A valid signature stays valid modulo n; only the range refuses the other form.
    for _ in range(2):
        small = source.randrange(1, 2**200)
        good = made("small s", small, source.randrange(1, N), point)
        r, _s = decode(good[1].rs)
        yield good
        yield case("s + n", int.from_bytes(good[1].e, "big"), r, small + N, point)
        t = source.randrange(1, N)
        good = made("small r", t - small, t, point)
        r, s = decode(good[1].rs)
        yield good
        yield case("r + n", int.from_bytes(good[1].e, "big"), r + N, s, point)
    yield made("s = 1", 1, source.randrange(2, N), point)
    yield made("s = n - 1", N - 1, source.randrange(1, N - 1), point)
    yield made("t = 1", source.randrange(2, N), 1, point)
    yield made("t = n - 1", source.randrange(1, N - 1), N - 1, point)
    yield made("r = 1", t - 1, t, point)
    yield made("r = n - 1", t + 1, t, point)
    yield made("r = 0 by s = t", 5, 5, point)


def digests(source: random.Random) -> Iterator[Case]:
    """e at its limits: e is taken modulo n."""
    d = source.randrange(1, N)
    point = multiply(d, G)
    for e in (0, 1, N - 1, N, N + 1, P - 1, P, 2**256 - 1):
        r, s = sign(e, d, source.randrange(1, N))
        yield case(f"e = {e:X}", e, r, s, point)
        yield case("other e", e ^ 1, r, s, point)


def with_result(source: random.Random, name: str, target: Point, r: int | None = None) -> Case:
    """A valid signature whose s G + t P is target; r as given or random."""
    s = source.randrange(1, N)
    t = source.randrange(1, N) if r is None else (s + r) % N
    return made(name, s, t, multiply(pow(t, -1, N), add(target, negate(multiply(s, G)))))


def first_lift(x: int, step: int) -> tuple[int, int]:
    """The first point with x, x + step, x + 2 step ..."""
    while True:
        point = lift(x)
        if point is not None:
            return point
        x += step


def high_coordinates(source: random.Random) -> Iterator[Case]:
    """The x coordinate of the result at its limits, and verifiers that compare it carelessly."""
    for x, step in ((N, 1), (N + 2**90, 1), (P - 1, -1), (N - 1, -1), (1, 1), (P - N - 1, -1)):
        target = first_lift(x, step)
        name, good = with_result(source, f"x1 = {target[0]:X}", target)
        yield name, good
        e = int.from_bytes(good.e, "big")
        r, s = decode(good.rs)
        key = decode(good.point)
        yield case("x1, other e", e ^ 1, r, s, key)
        for text, wrong in (("p", P), ("2^256", 2**256)):  # x1 + wrong - n for r - e
            yield case(f"x1 modulo {text}", (e - wrong + N) % N, r, s, key)
            yield case(f"x1 modulo {text}, other way", (e + wrong - N) % N, r, s, key)
    # r - e below 0 even with n added, unless e is taken modulo n first
    high = 2**256 - 1
    while lift((5 - high) % N) is None:
        high -= 1
    name, good = with_result(source, "small r and e above n", lift((5 - high) % N), 5)
    assert int.from_bytes(good.e, "big") == high - N
    yield name, good
    yield name, good._replace(e=high.to_bytes(32, "big"))


def points(source: random.Random) -> Iterator[Case]:
    """Keys that are no points, and points in a form that is not allowed."""
    d = source.randrange(1, N)
    point = multiply(d, G)
    assert point is not None
    e = source.randrange(N)
    r, s = sign(e, d, source.randrange(1, N))
    x, y = point
    for text, bad in (
        ("0, 0", (0, 0)),
        ("x, 0", (x, 0)),
        ("0, y", (0, y)),
        ("y + 1", (x, y + 1)),
        ("x + 1", (x + 1, y)),
        ("y, x", (y, x)),
        ("x = p", (P, y)),
        ("y = p", (x, P)),
        ("x = 2^256 - 1", (2**256 - 1, y)),
        ("y = 2^256 - 1", (x, 2**256 - 1)),
        ("-y", (x, P - y)),
    ):
        yield case(f"point {text}", e, r, s, bad)
    # On the curves y^2 = x^3 - 3 x + b' of other b.
    for i in range(3):
        yield made("other curve", source.randrange(1, N), source.randrange(1, N), (x, y + 2 + i))
    # Points whose coordinate also fits with p added.
    count = 0
    small = 0
    while count < 4:
        small += 1
        key = lift(small)
        if key is None:
            continue
        count += 1
        s, t = source.randrange(1, N), source.randrange(1, N)
        good = made("small x of the key", s, t, key)
        yield good
        yield case(
            "x + p", int.from_bytes(good[1].e, "big"), *decode(good[1].rs), (key[0] + P, key[1])
        )
    zero = lift(0)
    if zero is not None:
        yield made("x of the key 0", 7, 9, zero)
    key = with_small_y()
    good = made("small y of the key", s, t, key)
    yield good
    yield case("y + p", int.from_bytes(good[1].e, "big"), *decode(good[1].rs), (key[0], key[1] + P))


def with_small_y() -> tuple[int, int]:
    """A point with a small y: a root of x^3 - 3 x + b - y^2."""
    for y in range(1, 1000):
        x = cubic_root(B - y * y)
        if x is not None:
            return x, y
    raise AssertionError("no such point")


def cubic_root(c: int) -> int | None:
    """A root of f = x^3 - 3 x + c modulo p, when f has exactly one: gcd(x^p - x, f)."""

    def times(u: list[int], v: list[int]) -> list[int]:
        w = [0] * 5
        for i, a in enumerate(u):
            for j, b in enumerate(v):
                w[i + j] += a * b
        for i in (4, 3):  # x^3 = 3 x - c
            w[i - 2] += 3 * w[i]
            w[i - 3] -= c * w[i]
        return [w[i] % P for i in range(3)]

    power = [1, 0, 0]
    for bit in bin(P)[2:]:
        power = times(power, power)
        if bit == "1":
            power = times(power, [0, 1, 0])
    a, b, g = [c % P, -3 % P, 0, 1], [power[0], (power[1] - 1) % P, power[2]], []
    while True:
        while b and b[-1] == 0:
            b = b[:-1]
        if not b:
            g = a
            break
        while len(a) >= len(b):
            factor = a[-1] * pow(b[-1], -1, P)
            for i, value in enumerate(b):
                a[len(a) - len(b) + i] = (a[len(a) - len(b) + i] - factor * value) % P
            a = a[:-1]
            while a and a[-1] == 0:
                a = a[:-1]
        a, b = b, a
    if len(g) != 2:
        return None
    return -g[0] * pow(g[1], -1, P) % P


def meetings(source: random.Random, limit: int) -> Iterator[Case]:
    """Keys that are small multiples of the base point with small s and t: sums meet the same point,
    its opposite and infinity at every place of the two windows."""
    scalars = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257, 511, 512]
    found = set()
    for k in (1, 2, 3, 5, 7, 8, 9, 15, 16, 31, -1, -2, -3, -5, -7, -8, -9, -15, -16, -31):
        inverse = pow(k, -1, N)
        for s in scalars:
            for t in (s, s * k, -s * k, s * inverse, -s * inverse, s + 1, 2 * s, -s):
                found |= {(k, s, t % N), (k, -s, t % N)}
    ordered = sorted(found)
    if limit < len(ordered):
        ordered = source.sample(ordered, limit)
        for k, t in ((3, 1), (3, 3), (5, 3), (3, 5), (1, 7)):
            ordered += [(k, k * t, t), (-k, k * t, t), (k, -k * t, -t % N), (-k, -k * t, -t % N)]
    for k, s, t in ordered:
        key = multiply(k, G)
        yield made(f"key {k} G, s {s}", s, t, key)
        base = multiply(s, G)
        if base is not None and (s + k * t) % N == 0:  # infinite; e as if it were s G
            r = (t - s) % N
            yield case("infinite", (r - base[0]) % N, r, s % N, key)


def rare(limit: int) -> Iterator[Case]:
    """All rare cases; at most limit meetings."""
    source = random.Random("rare")
    yield from ranges(source)
    yield from digests(source)
    yield from high_coordinates(source)
    yield from points(source)
    yield from meetings(source, limit)


# ---- random cases ----


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


def runs(source: random.Random) -> int:
    """A scalar of runs of ones and zeros: it meets carries of the windows."""
    value = 0
    for _ in range(12):
        length = source.choice([1, 3, 5, 8, 9, 16, 31, 32, 33, 64])
        value = value << length | (source.choice([0, 1]) and (1 << length) - 1)
    return value % (N - 1) + 1


def random_cases(count: int) -> Iterator[Case]:
    source = random.Random("random")
    for i in range(count):
        if i % 8 == 7:
            key = multiply(source.randrange(1, N), G)
            yield made("runs", runs(source), runs(source), key)
            continue
        d = source.randrange(1, N)
        e = source.getrandbits(256)
        r, s = sign(e, d, source.randrange(1, N))
        name, good = case("random", e, r, s, multiply(d, G))
        kind = i % 8
        if kind == 1:
            good = good._replace(rs=flip(good.rs, source.randrange(512)))
        elif kind == 3:
            good = good._replace(e=flip(good.e, source.randrange(256)))
        elif kind == 5:
            good = good._replace(point=flip(good.point, source.randrange(512)))
        yield name, good


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12000
    for cases in (rare(10**9), random_cases(count)):
        for _name, value in cases:
            print(int(verify(value)), value.e.hex(), value.rs.hex(), value.point.hex())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
