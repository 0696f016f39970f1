"""Writes vectors_methods.h: the data sets of SDA, DDA, CDA and fDDA in RSA and SM2.

    python make_methods.py ODA.json SM.json > vectors_methods.h

The two files are oda-vectors.json and sm-vectors.json of tests/data: synthetic keys and PANs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FIELDS = [
    "ca_index",
    "ca_key",
    "exponent",
    "pan",
    "issuer_cert",
    "issuer_rest",
    "issuer_exp",
    "icc_cert",
    "icc_rest",
    "icc_exp",
    "record",
    "aip",
    "un",
    "amount",
    "currency",
    "card_data",
    "v01",
    "ssad",
    "dda",
    "cdol1",
    "response",
    "cda",
    "sda_code",
    "cryptogram",
]


def rsa(oda: dict) -> dict[str, str]:
    static = oda["static_data"]
    response = oda["cda"]["gac_response"]
    return {
        "ca_index": oda["ca"]["index"],
        "ca_key": oda["ca"]["modulus"],
        "exponent": oda["ca"]["exponent"],
        "pan": oda["pan"] + "F",
        "issuer_cert": oda["issuer"]["cert_90"],
        "issuer_rest": oda["issuer"]["remainder_92"],
        "issuer_exp": oda["issuer"]["exponent"],
        "icc_cert": oda["icc"]["cert_9F46"],
        "icc_rest": oda["icc"]["remainder_9F48"],
        "icc_exp": oda["icc"]["exponent"],
        "record": static[:-4],
        "aip": oda["aip"],
        "un": oda["dyn"]["un_9F37"],
        "amount": oda["dyn"]["amount_9F02"],
        "currency": oda["dyn"]["currency_5F2A"],
        "card_data": oda["dyn"]["card_9F69"],
        "v01": oda["fdda_v01"]["sdad_9F4B"],
        "ssad": oda["sda"]["ssad_93"],
        "dda": oda["dda"]["sdad_9F4B"],
        "cdol1": oda["cda"]["cdol1_data"],
        "response": response[6:] if response[2:4] == "81" else response[4:],
        "cda": oda["cda"]["sdad_9F4B"],
        "sda_code": oda["sda"]["dac_9F45"],
        "cryptogram": oda["cda"]["ac_9F26"],
    }


def sm2(chain: dict) -> dict[str, str]:
    return {
        "ca_index": chain["index"],
        "ca_key": chain["ca"]["point"],
        "exponent": "",
        "pan": chain["pan"] + "FFFF",
        "issuer_cert": chain["issuer"]["cert_90"],
        "issuer_rest": "",
        "issuer_exp": "",
        "icc_cert": chain["icc"]["cert_9F46"],
        "icc_rest": "",
        "icc_exp": "",
        "record": chain["record"],
        "aip": chain["aip"],
        "un": chain["un_9F37"],
        "amount": chain["amount_9F02"],
        "currency": chain["currency_5F2A"],
        "card_data": chain["card_9F69"],
        "v01": chain["sdad_v01"],
        "ssad": chain["ssad_93"],
        "dda": chain["sdad_v00"],
        "cdol1": chain["cda"]["cdol1_data"],
        "response": chain["cda"]["response_tlvs"],
        "cda": chain["cda"]["sdad"],
        "sda_code": chain["ssad_93"][2:6],
        "cryptogram": chain["cda"]["sdad"][12:28],
    }


def main() -> None:
    oda, sm = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:3])
    print("/* SPDX-License-Identifier: Apache-2.0")
    print(" *")
    print(
        " * Written by make_methods.py from oda-vectors.json and sm-vectors.json: synthetic keys."
    )
    print(" */")
    print("#ifndef VECTORS_METHODS_H\n#define VECTORS_METHODS_H\n")
    print("/* clang-format off */")
    print("struct method_vector {")
    for field in FIELDS:
        print(f"    const char *{field};")
    print("};\n\nstatic const struct method_vector method_vectors[] = {")
    for family in (rsa(oda), sm2(sm["chain"])):
        print("    {")
        for field in FIELDS:
            print(f'        "{family[field]}",')
        print("    },")
    print("};\n/* clang-format on */\n\n#endif")


if __name__ == "__main__":
    main()
