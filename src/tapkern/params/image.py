"""Reading a sealed image back: what the kernel will see, for people and for a terminal's defaults.

An image is a 12-byte header (magic, version, number of entries, length) and entries: kind, 00, two
bytes of length, TLV objects. docs/configuration.md has the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from tapkern import _kernel
from tapkern._numbers import Entry

HEADER = 12


def entries(image: bytes) -> Iterator[tuple[Entry, _kernel.Message]]:
    """The entries of an image in order. Errors: KernelError when it is not a sealed image."""
    _kernel.check_image(image)
    at = HEADER
    while at < len(image):
        end = at + 4 + int.from_bytes(image[at + 2 : at + 4], "big")
        yield Entry(image[at]), _kernel.Message(image[at + 4 : end])
        at = end


def currency_of(image: bytes) -> tuple[int, int]:
    """ISO 4217 number and exponent of the terminal."""
    for kind, body in entries(image):
        if kind is Entry.TERMINAL:
            number, exponent = body.get(0x5F2A) or b"\x00", body.get(0x5F36) or b"\x02"
            return int(number.hex()), exponent[0]
    return 0, 2
