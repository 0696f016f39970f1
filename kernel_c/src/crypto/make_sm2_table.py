"""Writes sm2_table.h, the odd multiples of the base point of the SM2 curve.

    python make_sm2_table.py            writes it next to this file
    python make_sm2_table.py --check    compares, exit 1 when it is stale

Coordinates are affine, in the Montgomery form of sm2_field.h (times 2^260 modulo p), as eight words
of 32 bits, little endian by words: the same for every size of field words and every byte order.
"""

import sys
from pathlib import Path

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
A = P - 3
BASE = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
MONTGOMERY = 2**260
SMALL_WINDOW = 5
FAST_WINDOW = 9

Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    """Sum of two affine points that are not opposite."""
    if a == b:
        slope = (3 * a[0] * a[0] + A) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def words(value: int, first: int) -> str:
    """Four of the eight words of a coordinate as C text."""
    value = value * MONTGOMERY % P
    return ", ".join(f"0x{value >> 32 * i & 0xFFFFFFFF:08X}" for i in range(first, first + 4))


def table() -> str:
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0",
        " *",
        " * Written by make_sm2_table.py: (2 i + 1) times the base point of the curve, X then Y",
        " * in Montgomery form as words, for signed windows of SM2_BASE_WINDOW bits.",
        " */",
        "#ifndef TAPK_SM2_TABLE_H",
        "#define TAPK_SM2_TABLE_H",
        "",
        "#include <stdint.h>",
        "",
        "#ifdef TAPK_SM2_SMALL",
        f"#define SM2_BASE_WINDOW {SMALL_WINDOW}u",
        "#else",
        f"#define SM2_BASE_WINDOW {FAST_WINDOW}u",
        "#endif",
        "",
        "/* clang-format off */",
        "static const uint32_t sm2_base_multiples[1u << (SM2_BASE_WINDOW - 2u)][2][8] = {",
    ]
    twice = add(BASE, BASE)
    point = BASE
    for i in range(1 << FAST_WINDOW - 2):
        if i == 1 << SMALL_WINDOW - 2:
            lines.append("#ifndef TAPK_SM2_SMALL")
        for coordinate, start, end in ((point[0], "{{", "},"), (point[1], " {", "}},")):
            lines.append(f"    {start}{words(coordinate, 0)},")
            lines.append(f"      {words(coordinate, 4)}{end}")
        point = add(point, twice)
    lines += ["#endif", "};", "/* clang-format on */", "", "#endif"]
    return "\n".join(lines) + "\n"


def main() -> int:
    path = Path(__file__).resolve().parent / "sm2_table.h"
    content = table()
    if "--check" not in sys.argv:
        path.write_text(content, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != content:
        print(f"{path.name} is stale: run make_sm2_table.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
