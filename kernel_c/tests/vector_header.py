"""How a generated vector header looks. Used by make_vectors.py and oda_vectors.py."""

F4 = bytes.fromhex("010001")
THREE = b"\x03"


def text(value: bytes) -> str:
    """A C string literal of hexadecimal digits."""
    return f'"{value.hex().upper()}"'


def header(name: str, about: str, body: list[str]) -> tuple[str, str]:
    """File name and content of one generated header."""
    guard = name.upper().replace(".", "_")
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0",
        " *",
        f" * Written by make_vectors.py: {about}",
        " */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stddef.h>",
        "",
        "/* clang-format off */",
        *body,
        "/* clang-format on */",
        "",
        "#endif",
    ]
    return name, "\n".join(lines) + "\n"
