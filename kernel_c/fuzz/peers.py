"""What broke other terminals, as inputs with names; the numbers are rows of a survey."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from authentic import rsa_fdda, vectors
from layout import case_input, objects, tlv


def with_object(data: bytes, path: list[int], value: bytes | None) -> bytes:
    """A message in which the object at the end of a path of tags has another value, or is not."""
    out, found = b"", False
    for tag, old in objects(data):
        if tag != path[0]:
            out += tlv(tag, old)
        elif len(path) > 1:
            out += tlv(tag, with_object(old, path[1:], value))
        elif value is not None:
            out += tlv(tag, value)
        found |= tag == path[0]
    if not found and value is not None:
        out += tlv(path[0], value if len(path) == 1 else with_object(b"", path[1:], value))
    return out


def altered(
    usual: dict[str, Any], configuration: bytes, ins: int, number: int, change: Any
) -> bytes:
    """The usual tap with the answer to command `number` of this instruction changed."""
    seen, steps = 0, []
    for step in usual["taps"][0]["steps"]:
        if step[0] == "transmit" and int(step[1][2:4], 16) == ins:
            if seen == number:
                data = bytes.fromhex(step[2])[:-2]
                step = [step[0], step[1], change(data).hex() + "9000", *step[3:]]
            seen += 1
        steps.append(step)
    return case_input({"taps": [{**usual["taps"][0], "steps": steps}]}, configuration)


def signed_lengths(key: bytes) -> dict[str, bytes]:
    """The length of the dynamic data under a valid signature: all that are possible and beyond."""
    v = vectors("oda-vectors.json")
    modulus, private = (int(v["icc"][name], 16) for name in ("modulus", "d"))
    size = len(v["icc"]["modulus"]) // 2
    tail = "".join(v["dyn"][name] for name in ("un_9F37", "amount_9F02", "currency_5F2A"))
    found = {}
    for length in (0x00, 0x01, 0x02, 0x08, 0x09, 0x46, 0x47, 0x48, 0x7F, 0x80, 0xFF):
        head = bytes([0x05, 0x01, length]) + b"\x02\x00\x11"
        body = head.ljust(size - 22, b"\xbb")
        hashed = hashlib.sha1(body + bytes.fromhex(tail + v["dyn"]["card_9F69"])).digest()
        block = int.from_bytes(b"\x6a" + body + hashed + b"\xbc", "big")
        signature = pow(block, private, modulus).to_bytes(size, "big")
        found[f"oda_rsa-peer-9-length-{length:02x}"] = rsa_fdda(key, signature.hex())
    return found


def peers(usual: dict[str, Any], configuration: bytes, key: bytes) -> dict[str, bytes]:
    """What broke other terminals, by name (rows 9, 10, 11, 13 and 14 of the survey)."""
    long = {0x9F4B: 200, 0x9F69: 40, 0x5A: 30, 0x57: 60, 0x9F10: 70, 0x9F6C: 9, 0x5F24: 20}
    found = signed_lengths(key)

    def one(name: str, ins: int, number: int, change: Any) -> None:
        found[f"tap-peer-{name}"] = altered(usual, configuration, ins, number, change)

    for tag, size in long.items():
        value, where = bytes([0x62] * size), 0xA8 if tag in (0x57, 0x9F10, 0x9F6C) else 0xB2
        template = 0x77 if where == 0xA8 else 0x70
        one(f"10-long-{tag:x}", where, 0, partial(with_object, path=[template, tag], value=value))
    one("10-label", 0xA4, 1, partial(with_object, path=[0x6F, 0xA5, 0x50], value=b"L" * 90))
    one("10-language", 0xA4, 1, partial(with_object, path=[0x6F, 0xA5, 0x5F2D], value=b"zh" * 20))
    for name, head in (
        ("82", "7082"),
        ("84", "7084FFFFFFFF"),
        ("80", "7080"),
        ("tag", "1F8181818101"),
    ):
        one(f"11-length-{name}", 0xB2, 0, lambda data, head=head: bytes.fromhex(head) + data)
        found[f"tlv-peer-11-length-{name}"] = b"\xff" + bytes.fromhex(head)
    pdols = {
        "twice": "9F37049F37049F66049F0206", "unknown": "9F6604DFDF7F04C1029F3704",
        "formats": "9F66049F02089F02049F1A035A0A5F20029F3704", "cut": "9F66049F37",
        "long": "9F6604" + "9F0281" * 3,
    }  # fmt: skip
    for name, pdol in pdols.items():
        value = bytes.fromhex(pdol)
        one(f"13-dol-{name}", 0xA4, 1, partial(with_object, path=[0x6F, 0xA5, 0x9F38], value=value))
        found[f"dol-peer-13-{name}"] = bytes([len(value)]) + value + b"\x12\x34\x56"
    for name, answer in (("nothing", b""), ("zeros", bytes(256)), ("ones", b"\xff" * 256)):
        for ins, number in ((0xA4, 0), (0xA4, 1), (0xA8, 0), (0xB2, 0), (0xB2, 1)):
            one(f"14-{name}-{ins:x}-{number}", ins, number, lambda _, answer=answer: answer)
    return found
