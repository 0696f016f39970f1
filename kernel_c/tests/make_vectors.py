"""Writes the vector headers of the C tests: vectors_hash.h, vectors_rsa.h, vectors_oda.h.

    python make_vectors.py ORACLE.json            writes them next to this file
    python make_vectors.py ORACLE.json --check    compares, exit 1 when one is stale

ORACLE.json is tests/data/oda-vectors.json of the repository. Its keys, like the ones made here,
are synthetic: they were made for vectors and belong to nobody. Everything is computed with
Python's integers and hashlib, nothing with the kernel, and comes out the same at every run.
"""

import hashlib
import json
import random
import sys
from pathlib import Path
from typing import NamedTuple

from oda_vectors import oda_header
from vector_header import F4, THREE, header, text

HERE = Path(__file__).resolve().parent


# ---- hashes ----


def hash_header() -> tuple[str, str]:
    body = ["/* Digests of the first n bytes of 00 01 02 ... C7; the index is n. */"]
    for name in ("sha1", "sha256"):
        body += [f"static const char *const {name}_digests[] = {{"]
        body += [f"    {text(hashlib.new(name, bytes(range(n))).digest())}," for n in range(201)]
        body += ["};"]
    return header("vectors_hash.h", "digests by Python's hashlib.", body)


# ---- RSA ----


class Rsa(NamedTuple):
    """One call of the RSA slot; out None: it has to be refused."""

    name: str
    modulus: bytes
    exponent: bytes
    value: bytes
    out: bytes | None


def power(name: str, size: int, modulus: int, value: int, exponent: bytes) -> Rsa:
    """The call and what it must give."""
    out = pow(value, int.from_bytes(exponent, "big"), modulus).to_bytes(size, "big")
    return Rsa(name, modulus.to_bytes(size, "big"), exponent, value.to_bytes(size, "big"), out)


def refused(name: str, modulus: bytes, exponent: bytes, value: bytes) -> Rsa:
    return Rsa(name, modulus, exponent, value, None)


def runs(source: random.Random, bits: int) -> int:
    """A number made of runs of ones, zeros and random bits: it meets the rare branches of a
    division that random numbers never meet."""
    value = 0
    left = bits
    while left:
        run = min(left, source.choice([1, 8, 31, 32, 33, 63, 64, 65, 128]))
        kind = source.randrange(3)
        part = (1 << run) - 1 if kind == 0 else 0 if kind == 1 else source.getrandbits(run)
        value = value << run | part
        left -= run
    return value


def rsa_cases() -> list[Rsa]:
    source = random.Random("rsa")
    cases = []
    sizes = [
        64,
        65,
        66,
        71,
        72,
        80,
        96,
        101,
        112,
        127,
        128,
        129,
        144,
        160,
        176,
        200,
        247,
        248,
        255,
        256,
    ]
    for i, size in enumerate(sizes):
        modulus = source.getrandbits(8 * size) | 1 << 8 * size - 1 | 1
        exponent = (THREE, F4)[i % 2]
        cases.append(power(f"{size} bytes", size, modulus, source.randrange(modulus), exponent))
    for size in (65, 129, 133, 136):
        modulus = source.getrandbits(8 * size - 7) | 1 << 8 * size - 8 | 1
        cases.append(
            power(f"{size} bytes, first byte 01", size, modulus, source.randrange(modulus), THREE)
        )
    for size, zeros in ((80, 1), (96, 8), (128, 13)):
        modulus = source.getrandbits(8 * (size - zeros)) | 1 << 8 * (size - zeros) - 1 | 1
        cases.append(
            power(
                f"{size} bytes, the first {zeros} zero",
                size,
                modulus,
                source.randrange(modulus),
                F4,
            )
        )
    top = 1 << 8 * 128
    cases.append(power("modulus FF...FF", 128, top - 1, source.getrandbits(1020), THREE))
    cases.append(power("modulus 80...01", 128, top // 2 + 1, source.getrandbits(1020), THREE))
    modulus = source.getrandbits(1024) | 1 << 1023 | 1
    cases.append(power("input 0", 128, modulus, 0, THREE))
    cases.append(power("input 1", 128, modulus, 1, F4))
    cases.append(power("answer with leading zeros", 128, modulus, 1 << 300 | 5, THREE))
    cases.append(power("input modulus - 1", 128, modulus, modulus - 1, THREE))
    cases.append(power("input modulus - 1, F4", 128, modulus, modulus - 1, F4))
    cases.append(power("input modulus - 2", 128, modulus, modulus - 2, F4))
    value = source.randrange(modulus)
    cases.append(power("exponent 000003", 128, modulus, value, bytes.fromhex("000003")))
    cases.append(power("exponent 0101", 128, modulus, value, bytes.fromhex("0101")))
    cases.append(power("exponent FFFFFF", 128, modulus, value, bytes.fromhex("FFFFFF")))
    while len(cases) < 60:
        size = source.choice([64, 80, 112, 144, 248])
        modulus = runs(source, 8 * size) | 1 << 8 * size - source.choice([1, 2, 40]) | 1
        value = runs(source, 8 * size) % modulus
        cases.append(power("runs", size, modulus, value, source.choice([THREE, F4])))

    big = (source.getrandbits(1024) | 1 << 1023 | 1).to_bytes(128, "big")
    small = (1).to_bytes(128, "big")
    cases.append(refused("input = modulus", big, THREE, big))
    above = (int.from_bytes(big, "big") + 1).to_bytes(128, "big")
    cases.append(refused("input = modulus + 1", big, F4, above))
    cases.append(refused("input FF...FF", big, THREE, b"\xff" * 128))
    cases.append(refused("even modulus", big[:-1] + b"\x02", THREE, small))
    cases.append(refused("modulus 0", bytes(128), THREE, bytes(128)))
    cases.append(refused("modulus 2^128 - 1", bytes(112) + b"\xff" * 16, THREE, small))
    cases.append(power("modulus 2^128 + 1", 128, 2**128 + 1, 2**128 - 5, THREE))
    cases.append(refused("63 bytes", big[-63:], THREE, small[-63:]))
    cases.append(refused("257 bytes", big + big + b"\x01", THREE, bytes(257)))
    for bad in ("", "00", "01", "02", "010000", "00010001"):
        cases.append(refused(f"exponent '{bad}'", big, bytes.fromhex(bad), small))
    return cases


def rsa_header() -> tuple[str, str]:
    body = [
        "struct rsa_vector {",
        "    const char *name, *modulus, *exponent, *in;",
        "    const char *out; /* NULL: refused */",
        "};",
        "",
        "static const struct rsa_vector rsa_vectors[] = {",
    ]
    for case in rsa_cases():
        out = "NULL" if case.out is None else text(case.out)
        body.append(f'    {{"{case.name}", {text(case.modulus)},')
        body.append(f"     {text(case.exponent)}, {text(case.value)},")
        body.append(f"     {out}}},")
    body.append("};")
    return header("vectors_rsa.h", "powers by Python's pow().", body)


def main() -> int:
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    oracle = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    stale = 0
    for name, content in (hash_header(), rsa_header(), oda_header(oracle)):
        path = HERE / name
        if "--check" not in sys.argv:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            print(f"{name} is stale: run make_vectors.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
