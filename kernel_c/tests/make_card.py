"""Writes vector_card.h: the answers of the synthetic card of vectors TV-001, TV-002, TV-011.

    python make_card.py ORACLE.json > vector_card.h

ORACLE.json is tests/data/oda-vectors.json of the repository: keys, PAN and signatures were made
for these vectors and belong to nobody.
"""

import json
import sys
from pathlib import Path


def tlv(tag: str, value: str) -> str:
    size = len(value) // 2
    length = f"{size:02X}" if size < 128 else f"81{size:02X}"
    return tag + length + value


def array(name: str, text: str) -> str:
    data = bytes.fromhex(text)
    lines = [data[i : i + 16] for i in range(0, len(data), 16)]
    body = ",\n".join("    " + ", ".join(f"0x{b:02X}" for b in line) for line in lines)
    return f"static const uint8_t {name}[] = {{\n{body}}};\n"


def main() -> None:
    vector = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    aid = "A000000333010101"
    ppse = tlv(
        "6F",
        tlv("84", "325041592E5359532E4444463031")
        + tlv(
            "A5",
            tlv(
                "BF0C", tlv("61", tlv("4F", aid) + tlv("50", b"PBOC DEBIT".hex()) + tlv("87", "01"))
            ),
        ),
    )
    pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
    fci = tlv(
        "6F",
        tlv("84", aid)
        + tlv(
            "A5",
            tlv("50", b"PBOC DEBIT".hex())
            + tlv("87", "01")
            + tlv("9F38", pdol)
            + tlv("5F2D", b"zh".hex()),
        ),
    )
    body = bytes.fromhex(vector["gpo_tc"])[2:].hex().upper()
    records = vector["records"]
    print("/* SPDX-License-Identifier: Apache-2.0")
    print(" *")
    print(" * Written by make_card.py from tests/data/oda-vectors.json: synthetic keys, PAN and")
    print(" * signatures (TV-001, TV-002, TV-011). Answers without status words.")
    print(" */")
    print("#ifndef VECTOR_CARD_H\n#define VECTOR_CARD_H\n\n#include <stdint.h>\n")
    print(array("card_ppse", ppse))
    print(array("card_fci", fci))
    print(array("card_gpo_body", body))
    print(array("card_9f4b", vector["fdda_v01"]["sdad_9F4B"]))
    print(array("card_gpo", tlv("77", body + tlv("9F4B", vector["fdda_v01"]["sdad_9F4B"]))))
    for number in (1, 2, 3):
        text = next(v for k, v in records.items() if f"REC{number}" in k)
        print(array(f"card_record_{number}", text))
    print(array("card_record_4", records["SFI1 REC4 v01 (last)"]))
    print(array("card_record_4_v00", records["SFI1 REC4 v00 (last)"]))
    print(array("ca_modulus", vector["ca"]["modulus"]))
    print(array("ca_checksum", vector["ca"]["sha1_checksum"]))
    print("#endif")


if __name__ == "__main__":
    main()
