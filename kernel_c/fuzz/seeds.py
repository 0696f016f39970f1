"""Seeds of the fuzz targets, from the recorded cases of the vector suites and the data sets.

    python kernel_c/fuzz/seeds.py make DIR      an input a file in DIR/TARGET/, and known.h
    python kernel_c/fuzz/seeds.py earned LOG    earned_table.h, from what the seeds have proved
    python kernel_c/fuzz/seeds.py pack DIR FILE the inputs of a folder as one packed file
    python kernel_c/fuzz/seeds.py dictionary FILE   tags and words for libFuzzer and AFL++

`make fuzz-seeds` calls these in their order. Nothing here runs the kernel: images are sealed to be
read as entries, and that is all. The formats are those of input.h, ride.c and terminal.h.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

TERMINAL, TAP = 0x20, 0x21
EVENTS = {
    "card": 1,
    "collision": 2,
    "timeout": 3,
    "cancel": 4,
    "answer": 5,
    "lost": 6,
    "done": 7,
    "found": 8,
    "not_found": 9,
    "failed": 10,
    "host": 11,
    "unsupported": 12,
}
CA_KEY, COMBINATION = 3, 2
SWITCHES, PROFILE = 0xDF8F02, 0xDF8F01
KNOWN_MAX = 96
"""Entries of known.h at most; references are one byte."""


def chunk(kind: int, data: bytes = b"", late: int = 0) -> bytes:
    """One chunk of input.h; late is in 100 ms."""
    return struct.pack(">BBH", kind, min(late, 0xFE), len(data)) + data


# ---- configurations ----


def entries(image: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of the entries of a sealed image."""
    at = 12
    while at < len(image):
        kind, length = image[at], int.from_bytes(image[at + 2 : at + 4], "big")
        yield kind, image[at + 4 : at + 4 + length]
        at += 4 + length


def objects(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of the objects of an entry; its lengths are well formed."""
    at = 0
    while at < len(body):
        tag, at = body[at], at + 1
        if tag & 0x1F == 0x1F:
            while True:
                tag, at = tag << 8 | body[at], at + 1
                if not body[at - 1] & 0x80:
                    break
        length, at = body[at], at + 1
        if length > 0x80:
            octets = length & 0x7F
            length, at = int.from_bytes(body[at : at + octets], "big"), at + octets
        yield tag, body[at : at + length]
        at += length


def tlv(tag: int, value: bytes) -> bytes:
    """A BER-TLV object."""
    size = len(value)
    length = bytes([size]) if size < 128 else b"\x81" + bytes([size])
    if size > 255:
        length = b"\x82" + size.to_bytes(2, "big")
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + length + value


def switch_defaults() -> list[tuple[int, ...]]:
    """Per switch its value in each profile, from switches.def."""
    text = (ROOT / "kernel_c" / "switches.def").read_text("utf-8")
    rows = re.findall(r"^TAPK_SWITCH\((\d+), \w+, \"[^\"]+\", \d+, (\d+), (\d+), (\d+)", text, re.M)
    found = {int(number): tuple(map(int, values)) for number, *values in rows}
    return [found[i] for i in range(len(found))]


def as_added(kind: int, body: bytes, defaults: list[tuple[int, ...]]) -> bytes:
    """An entry as tapk_config_add takes it: switches are pairs of number and value."""
    if kind != COMBINATION:
        return body
    parts = dict(objects(body))
    profile = parts[PROFILE][0] - 1
    pairs = b"".join(
        bytes([number, value])
        for number, value in enumerate(parts.get(SWITCHES, b""))
        if value != defaults[number][profile]
    )
    return b"".join(
        tlv(tag, pairs if tag == SWITCHES else value)
        for tag, value in parts.items()
        if tag != SWITCHES or pairs
    )


class Known:
    """The entries that inputs name by number: CA keys first, then the most frequent others."""

    def __init__(
        self, images: Iterable[list[tuple[int, bytes]]], more: Iterable[tuple[int, bytes]]
    ) -> None:
        every = Counter(entry for image in images for entry in image)
        keys = sorted(entry for entry in every if entry[0] == CA_KEY)
        rest = [entry for entry, _ in every.most_common() if entry[0] != CA_KEY]
        self.entries = [*more, *keys, *rest][:KNOWN_MAX]
        self.number = {entry: i for i, entry in enumerate(self.entries)}

    def list_of(self, image: list[tuple[int, bytes]]) -> bytes:
        """A configuration as terminal.h reads it."""
        out = b""
        for kind, body in image:
            number = self.number.get((kind, body))
            if number is None:
                out += struct.pack(">BH", kind, len(body)) + body
            else:
                out += bytes([0xFF, number])
        return out


# ---- taps ----


def transaction(tap: dict[str, Any]) -> bytes:
    """A transaction as ride.c reads it."""
    t: dict[str, Any] = tap["transaction"]
    flags = (1 if tap.get("recovers") else 0) | (2 if "damage" in tap else 0)
    numbers = (t["purpose"], t["type"], t["start"], t["exponent"])
    return (
        struct.pack(">BH4B", flags, tap.get("damage", 0) % 4096, *numbers)
        + b"".join(bytes.fromhex(t[name]) for name in ("currency", "date", "time", "sequence"))
        + b"".join(int(t[name]).to_bytes(6, "big") for name in ("amount", "other"))
        + bytes.fromhex(tap["random"])
    )


def events(steps: list[list[Any]]) -> Iterator[bytes]:
    """The chunks of the recorded steps of one tap."""
    now = 1000
    for step in steps:
        late = 0
        if step[0] in ("detect", "transmit"):
            late, now = max(0, step[-1] - now) // 100, step[-1]
        if step[0] == "transmit" and step[2] not in EVENTS:
            yield chunk(EVENTS["answer"], bytes.fromhex(step[2]), late)
        elif step[0] == "transmit":
            yield chunk(EVENTS[step[2]], late=late)
        elif step[0] == "host":
            yield chunk(EVENTS["host"], step[1].encode() if len(step[1]) == 2 else b"")
        elif step[0] == "detect":
            yield chunk(EVENTS[step[1]], late=late)
        elif step[0] in ("store", "lookup"):
            yield chunk(EVENTS[step[-1]])


def case_input(case: dict[str, Any], configuration: bytes) -> bytes:
    """A recorded case as an input of the target tap."""
    out = chunk(TERMINAL, configuration)
    for tap in case["taps"]:
        out += chunk(TAP, transaction(tap)) + b"".join(events(tap["steps"]))
    return out


def approves(case: dict[str, Any]) -> bool:
    """True for one tap that ends in an offline approval."""
    wanted = {"outcome": "approved", "oda": "successful", "reason": "approved_offline"}
    told = {
        check["field"]: check.get("is")
        for tap in case["taps"]
        for check in tap["checks"]
        if "field" in check
    }
    return len(case["taps"]) == 1 and all(told.get(name) == word for name, word in wanted.items())


def recorded() -> tuple[list[dict[str, Any]], list[list[tuple[int, bytes]]], list[bytes]]:
    """The recorded cases of vectors/suites, their configurations as entries and as images."""
    from tapkern.lab.export import recorded_lines
    from tapkern.lab.suite import load

    cases, images, sealed = [], [], []
    defaults = switch_defaults()
    for line in recorded_lines(load([ROOT / "vectors" / "suites"])):
        found = json.loads(line)
        if "bytes" in found:
            image = bytes.fromhex(found["bytes"])
            sealed.append(image)
            images.append([(kind, as_added(kind, body, defaults)) for kind, body in entries(image)])
        elif "case" in found:
            cases.append(found)
    return cases, images, sealed


# ---- the other targets ----

ELEMENTS = [
    "8F",
    "90",
    "92",
    "9F32",
    "9F46",
    "9F47",
    "9F48",
    "9F4A",
    "9F4B",
    "9F69",
    "9F08",
    "9F6C",
    "82",
    "9F36",
    "PAN",
    "9F38",
    "93",
    "DDOL",
    "PDOL",
    "CDOL1",
    "CDOL2",
    "RESPONSE",
]
"""Chunks of oda_input.c, from 1 on; words that are no tags stand for data of a command."""
RECORD, PARAMETERS, IMAGE = 40, 50, 0x30
FDDA, SDA, DDA, CDA = 1, 2, 3, 4
V00, V01_NEEDS_0030, CHECK_CTQ = 1, 2, 4
RID = bytes.fromhex("A000000333")


def answers(tap: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Command and data of the answers 9000 of a tap."""
    for step in tap["steps"]:
        if step[0] == "transmit" and step[2] not in EVENTS and step[2].endswith("9000"):
            yield bytes.fromhex(step[1]), bytes.fromhex(step[2])[:-2]


def harvest(data: bytes) -> dict[str, bytes]:
    """The objects of a template by tag; nothing when it is malformed."""
    try:
        ((_, body),) = objects(data)
        found = {f"{tag:02X}": value for tag, value in objects(body)}
    except (IndexError, ValueError):
        return {}
    return found


def oda_set(
    elements: dict[str, bytes], records: Iterable[bytes], key: bytes, *, method: int = FDDA,
    options: int = V01_NEEDS_0030 | CHECK_CTQ, date: str = "240607", un: str = "", amount: str = "",
    currency: str = "0156", ttq: str = "36000080",
) -> bytes:  # fmt: skip
    """An input of oda_input.c."""
    parameters = bytes([method, options]) + RID + bytes.fromhex(date)
    parameters += bytes.fromhex(un).ljust(4, b"\0") + bytes.fromhex(amount).rjust(6, b"\0")
    parameters += bytes.fromhex(currency) + bytes.fromhex(ttq) + bytes(3) + b"\xff\xff\xff"
    out = chunk(TERMINAL, key) + chunk(PARAMETERS, parameters)
    for number, name in enumerate(ELEMENTS, 1):
        if elements.get(name):
            out += chunk(number, elements[name])
    return out + b"".join(chunk(RECORD, record) for record in records)


def vectors(name: str) -> dict[str, Any]:
    """A data set of tests/data."""
    found: dict[str, Any] = json.loads((ROOT / "tests" / "data" / name).read_text("utf-8"))
    return found


def key_entry(index: str, modulus: str) -> tuple[int, bytes]:
    """A CA key; the targets of authentication ask for no check sum."""
    parts = {0x9F06: RID.hex(), 0x9F22: index, 0xDF02: modulus, 0xDF04: "03"}
    return CA_KEY, b"".join(tlv(tag, bytes.fromhex(value)) for tag, value in parts.items())


def rsa_key() -> tuple[int, bytes]:
    """The CA of the RSA data sets."""
    ca = vectors("oda-vectors.json")["ca"]
    return key_entry(ca["index"], ca["modulus"])


def sm2_key() -> tuple[int, bytes]:
    """The CA of the SM2 data sets."""
    chain = vectors("sm-vectors.json")["chain"]
    return key_entry(chain["index"], chain["ca"]["point"])


def rsa_sets(key: bytes) -> dict[str, bytes]:
    """The data sets of tests/data/oda-vectors.json: fDDA 00 and 01, SDA, DDA, CDA."""
    v = vectors("oda-vectors.json")
    dyn = v["dyn"]
    named = {
        "8F": v["ca"]["index"], "90": v["issuer"]["cert_90"], "92": v["issuer"]["remainder_92"],
        "9F32": v["issuer"]["exponent"], "9F46": v["icc"]["cert_9F46"],
        "9F47": v["icc"]["exponent"], "9F48": v["icc"]["remainder_9F48"], "9F4A": "82",
        "9F08": "0030", "9F6C": "0000", "82": v["aip"], "9F36": dyn["ATC"], "PAN": v["pan"] + "F",
        "9F38": "9F66049F02069F03069F1A0295055F2A029A039C019F3704",
    }  # fmt: skip
    base = {name: bytes.fromhex(value) for name, value in named.items()}
    body = bytes.fromhex(v["static_data"].removesuffix(v["aip"]))
    given = {"un": dyn["un_9F37"], "amount": dyn["amount_9F02"], "currency": dyn["currency_5F2A"]}

    def one(method: int, extra: dict[str, str], options: int = 6, ttq: str = "36000080") -> bytes:
        more = {name: bytes.fromhex(value) for name, value in extra.items()}
        return oda_set(base | more, [body], key, method=method, options=options, ttq=ttq, **given)

    cda, response = v["cda"], bytes.fromhex(v["cda"]["gac_response"])
    tlvs = b"".join(tlv(tag, value) for tag, value in objects(next(objects(response))[1]))
    return {
        "v01": one(FDDA, {"9F4B": v["fdda_v01"]["sdad_9F4B"], "9F69": dyn["card_9F69"]}),
        "v00": one(FDDA, {"9F4B": v["fdda_v00"]["sdad_9F4B"]}, V00 | CHECK_CTQ, "36000000"),
        "sda": one(SDA, {"93": v["sda"]["ssad_93"]}),
        "dda": one(DDA, {"9F4B": v["dda"]["sdad_9F4B"], "DDOL": v["dda"]["ddol_data"]}),
        "cda": one(CDA, {
            "9F4B": cda["sdad_9F4B"], "PDOL": cda["pdol_data"], "CDOL1": cda["cdol1_data"],
            "RESPONSE": tlvs.hex(),
        }),
    }  # fmt: skip


def sm2_sets(key: bytes) -> dict[str, bytes]:
    """The chain of tests/data/sm-vectors.json."""
    v = vectors("sm-vectors.json")["chain"]
    named = {
        "8F": v["index"], "90": v["issuer"]["cert_90"], "9F46": v["icc"]["cert_9F46"],
        "9F4A": "82", "9F08": "0030", "9F6C": "0000", "82": v["aip"], "9F36": v["atc"],
        "PAN": v["pan"] + "FFFF", "9F38": "9F66049F02069F03069F1A0295055F2A029A039C019F3704",
    }  # fmt: skip
    base = {name: bytes.fromhex(value) for name, value in named.items()}
    given = {"un": v["un_9F37"], "amount": v["amount_9F02"], "currency": v["currency_5F2A"]}

    def one(method: int, extra: dict[str, str], options: int = 6, ttq: str = "36000080") -> bytes:
        more = {name: bytes.fromhex(value) for name, value in extra.items()}
        record = bytes.fromhex(v["record"])
        return oda_set(
            base | more,
            [record],
            key,
            method=method,
            options=options,
            ttq=ttq,
            date="260115",
            **given,
        )

    cda = v["cda"]
    return {
        "v01": one(FDDA, {"9F4B": v["sdad_v01"], "9F69": v["card_9F69"]}, 2),
        "v00": one(FDDA, {"9F4B": v["sdad_v00"]}, V00, "36000000"),
        "sda": one(SDA, {"93": v["ssad_93"]}),
        "cda": one(CDA, {
            "9F4B": cda["sdad"], "CDOL1": cda["cdol1_data"], "RESPONSE": cda["response_tlvs"],
        }),
    }  # fmt: skip


def tap_set(tap: dict[str, Any], keys: dict[bytes, int], algorithm: int) -> bytes | None:
    """What a recorded tap gave to authentication, None when its key is of another algorithm."""
    found: dict[str, bytes] = {}
    records = []
    for command, data in answers(tap):
        if command[1] in (0xA4, 0xA8, 0xB2):
            values = harvest(data)
            if command[1] == 0xA4 and "A5" in values:
                values = harvest(tlv(0x6F, values["A5"]))
            found |= values
        if command[1] == 0xB2 and command[3] >> 3 <= 10 and "5A" in harvest(data):
            records.append(next(objects(data))[1])
    number = keys.get(found.get("8F", b""))
    if number is None or algorithm != number >> 8 or "90" not in found:
        return None
    t = tap["transaction"]
    found["PAN"] = bytes.fromhex(found.get("5A", b"").hex().ljust(20, "F")[:20])
    return oda_set(
        found, records, bytes([0xFF, number & 0xFF]), date=t["date"], un=tap["random"][:8],
        amount=f"{t['amount']:012d}", currency=t["currency"], ttq="36004080",
    )  # fmt: skip


def algorithms(known: Known) -> dict[bytes, int]:
    """Numbers of the keys of the UnionPay RID by index, with the algorithm in the high byte."""
    found: dict[bytes, int] = {}
    for number, (kind, body) in enumerate(known.entries):
        parts = dict(objects(body)) if kind == CA_KEY else {}
        if parts.get(0x9F06) == RID and 0xDF07 in parts:
            found.setdefault(parts[0x9F22], parts[0xDF07][0] << 8 | number)
    return found


def up_to_gpo(case: dict[str, Any], configuration: bytes) -> bytes:
    """The selection of a recorded case."""
    tap = case["taps"][0]
    steps = list(itertools.takewhile(lambda step: not step[1].startswith("80A8"), tap["steps"]))
    return chunk(TERMINAL, configuration) + chunk(TAP, transaction(tap)) + b"".join(events(steps))


def numbered(inputs: Iterable[bytes]) -> dict[str, bytes]:
    """Names for inputs without one; equal inputs once."""
    return {f"{number:05}": data for number, data in enumerate(sorted(set(inputs)))}


def configurations(images: list[list[tuple[int, bytes]]], sealed: list[bytes]) -> dict[str, bytes]:
    """Entries alone and together, whole images."""
    alone = {chunk(kind, body) for image in images for kind, body in image}
    whole = {
        b"".join(chunk(kind, body) for kind, body in image if kind != CA_KEY) for image in images
    }
    return numbered(
        [*alone, *whole, *(chunk(IMAGE, image) for image in sealed if len(image) < 600)]
    )


# ---- files ----


def array(name: str, data: bytes, kind: str = "uint8_t") -> str:
    """A constant of C."""
    width = 2 if kind == "uint8_t" else 4
    words = [f"0x{value:0{width}X}" for value in data] if isinstance(data, bytes) else data
    lines = [", ".join(words[i : i + 16]) for i in range(0, len(words), 16)]
    return f"static const {kind} {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"


HEAD = """/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated by kernel_c/fuzz/seeds.py. {what}
 */
"""


def write_known(known: Known, configuration: bytes, tap: bytes) -> None:
    """known.h: the entries, the usual terminal, and a tap that it approves."""
    blob, offsets = b"", []
    for kind, body in known.entries:
        offsets.append(f"0x{len(blob):04X}")
        blob += struct.pack(">BH", kind, len(body)) + body
    text = HEAD.format(
        what="Entries of configurations that inputs name by number;\n * synthetic keys."
    )
    text += "#ifndef FUZZ_KNOWN_H\n#define FUZZ_KNOWN_H\n\n#include <stdint.h>\n\n"
    text += "/* clang-format off */\n"
    text += array("known_entries", blob) + "\n"
    text += f"static const uint16_t known_at[] = {{\n    {', '.join(offsets)}}};\n\n"
    text += array("known_terminal", configuration) + "\n" + array("known_tap", tap)
    text += "/* clang-format on */\n\n#endif\n"
    (HERE / "known.h").write_text(text, "utf-8")


def save(folder: Path, inputs: dict[str, bytes]) -> None:
    """One file an input."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in inputs.items():
        (folder / name).write_bytes(data)


def make(out: Path) -> None:
    """Every seed of every target."""
    cases, images, sealed = recorded()
    known = Known(images, [rsa_key(), sm2_key()])
    lists = [known.list_of(image) for image in images]
    taps = {case["case"]: case_input(case, lists[case["image"]]) for case in cases}
    usual = min(
        (case for case in cases if approves(case)), key=lambda case: len(taps[case["case"]])
    )
    write_known(known, lists[usual["image"]], taps[usual["case"]])
    said = [pair for case in cases for tap in case["taps"] for pair in answers(tap)]
    keys = algorithms(known)
    save(out / "tap", taps)
    save(out / "fci", numbered(up_to_gpo(case, lists[case["image"]]) for case in cases))
    save(out / "tlv", numbered(b"\xff" + data for _, data in said))
    save(out / "afl", numbered(harvest(data).get("94", b"") for _, data in said))
    pdols = {found.get("9F38", b"") for found in map(inner, said)}
    save(
        out / "dol", numbered(bytes([len(p)]) + p + b"\x12\x34\x56" for p in pdols if len(p) < 256)
    )
    for name, algorithm, sets in (
        ("rsa", 1, rsa_sets(known.list_of([rsa_key()]))),
        ("sm2", 4, sm2_sets(known.list_of([sm2_key()]))),
    ):
        every = (tap_set(tap, keys, algorithm) for case in cases for tap in case["taps"])
        save(out / f"oda_{name}", sets | numbered(one for one in every if one is not None))
    save(out / "config", configurations(images, sealed))


def inner(said: tuple[bytes, bytes]) -> dict[str, bytes]:
    """The objects of template A5 of an FCI."""
    found = harvest(said[1]).get("A5", b"")
    return harvest(tlv(0x6F, found)) if found else {}


def earned(log: Path) -> None:
    """earned_table.h from lines "earned 0123456789abcdef"."""
    found = sorted(set(re.findall(r"^earned ([0-9a-f]{16})$", log.read_text("utf-8"), re.M)))
    if not found:
        sys.exit(f"{log}: no seed has earned anything; is it the output of the targets?")
    text = HEAD.format(what="What the seeds have proved (earned.h).")
    text += "#ifndef FUZZ_EARNED_TABLE_H\n#define FUZZ_EARNED_TABLE_H\n\n#include <stdint.h>\n\n"
    text += "/* clang-format off */\nstatic const uint64_t earned[] = {\n"
    text += "".join(f"    0x{value.upper()}u,\n" for value in found)
    text += "};\n/* clang-format on */\n\n#endif\n"
    (HERE / "earned_table.h").write_text(text, "utf-8")


def pack(folder: Path, path: Path) -> None:
    """A packed file of main.c, its inputs from short to long."""
    inputs = sorted(
        {file.read_bytes() for file in folder.iterdir()}, key=lambda one: (len(one), one)
    )
    body = b"".join(len(one).to_bytes(2, "big") + one for one in inputs if len(one) < 0x10000)
    path.write_bytes(b"TAPKFUZZ" + body)
    print(f"{path.name}: {len(inputs)} inputs, {len(body) + 8} bytes")


def dictionary(path: Path) -> None:
    """The tags of tags.def, and words of the protocol."""
    tags = (ROOT / "kernel_c" / "tags.def").read_text("utf-8")
    words = [bytes.fromhex(t) for t in re.findall(r"^TAPK_TAG\(0x([0-9A-F]+),", tags, re.M)]
    words += [b"2PAY.SYS.DDF01", b"\xa0\x00\x00\x03\x33\x01\x01", b"\x90\x00", b"\x69\x85"]
    words += [
        b"\x69\x86",
        b"\x6a\x82",
        b"\x6a\x83",
        b"\x61\x00",
        b"\x6c\x00",
        b"\x81\xff",
        b"\x82\x01\x00",
    ]
    lines = ['"' + "".join(f"\\x{value:02X}" for value in word) + '"' for word in words]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "ascii")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("make", "earned", "pack", "dictionary"))
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args()
    first: Path = options.paths[0]
    if options.verb == "pack":
        pack(first, options.paths[1])
    else:
        {"make": make, "earned": earned, "dictionary": dictionary}[options.verb](first)


if __name__ == "__main__":
    main()
