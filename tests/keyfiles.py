"""CA keys of the tests: good ones in every form, and weak ones that are made on purpose."""

from __future__ import annotations

import hashlib
import json
import random
from math import prod
from pathlib import Path

from tapkern.data import tlv
from tapkern.params.capk import BUILTIN, read_keys, resolve
from tapkern.params.weakness import primes

ROOT = Path(__file__).parents[1]
SM = json.loads((ROOT / "tests/data/sm-vectors.json").read_text())
CA, BANK = SM["chain"]["ca"], SM["unionpay_root"]
PUBLISHED = resolve(BUILTIN["unionpay"], Path())
TEST_KEYS = resolve("tapkern:params/capk/test.toml", Path())
RID = "A000000333"


def checksum(rid: str, index: str, modulus: str, exponent: str) -> str:
    return hashlib.sha1(bytes.fromhex(rid + index + modulus + exponent)).hexdigest().upper()


def rsa(modulus: int | str = 0, index: str = "04", exponent: str = "03", **more: str) -> dict:
    """The table of an RSA key; without a modulus the published one of 1984 bits."""
    if not modulus:
        modulus = next(k for _, k in read_keys(PUBLISHED) if k["index"] == "04")["modulus"]
    text = modulus if isinstance(modulus, str) else f"{modulus:X}"
    text = text.rjust(len(text) + len(text) % 2, "0")
    table = {"rid": RID, "index": index, "modulus": text, "exponent": exponent}
    return {**table, "checksum": checksum(RID, index, text, exponent), **more}


def toml(*tables: dict) -> str:
    def text(value: object) -> str:
        return json.dumps(value)

    return "".join(
        "[[ca_key]]\n" + "".join(f"{k} = {text(v)}\n" for k, v in table.items()) for table in tables
    )


def record(*pairs: tuple[int, str]) -> bytes:
    return b"".join(tlv.write(tag, bytes.fromhex(text)) for tag, text in pairs)


def rsa_record(table: dict, expiry: str = "", **change: str) -> bytes:
    pairs = {
        "9F06": table["rid"], "9F22": table["index"], "DF05": expiry, "DF06": "01", "DF07": "01",
        "DF02": table["modulus"], "DF04": table["exponent"], "DF03": table["checksum"], **change,
    }  # fmt: skip
    return record(*((int(tag, 16), text) for tag, text in pairs.items() if text))


def root(**change: str) -> bytes:
    """The self-signed record of the published SM2 root."""
    pairs = {
        "DF35": "31", "DF36": BANK["service_id"], "9F06": BANK["rid"], "9F22": BANK["index"],
        "DF37": BANK["expiry_mmyy"], "DF07": "04", "DF38": "11", "DF02": BANK["point"],
        "DF39": BANK["self_signature"], "DF28": "07", "DF25": "0420150428091009", **change,
    }  # fmt: skip
    return record(*((int(tag, 16), text) for tag, text in pairs.items() if text))


def sm2(**change: object) -> dict:
    table = {
        "algorithm": "sm2", "rid": BANK["rid"], "index": BANK["index"], "point": BANK["point"],
        "service": BANK["service_id"], "month": BANK["expiry_mmyy"],
        "self_signature": BANK["self_signature"], **change,
    }  # fmt: skip
    return {k: v for k, v in table.items() if v is not None}


def is_prime(n: int) -> bool:
    if any(n % p == 0 for p in primes(1000)):
        return n in primes(1000)
    return all(pow(base, n - 1, n) == 1 for base in (2, 3, 5, 7))


def prime(bits: int, chance: random.Random) -> int:
    while True:
        n = chance.getrandbits(bits) | 1 | 3 << bits - 2
        if is_prime(n):
            return n


def vulnerable_prime(chance: random.Random) -> int:
    """512 bits of the form k * M + 65537 ** a mod M, M the product of the first 71 primes."""
    m = prod(primes(354))
    assert len(primes(354)) == 71
    while True:
        k = chance.getrandbits(512 - m.bit_length()) | 1 << 511 - m.bit_length()
        n = k * m + pow(65537, chance.getrandbits(200), m)
        if is_prime(n):
            return n


def weak_keys() -> list[dict]:
    chance = random.Random(5)
    p, q, r = (prime(512, chance) for _ in range(3))
    return [
        rsa(p * q, index="01"), rsa(q * r, index="02"), rsa(p * p, index="03"),
        rsa(3 * p * q, index="04"), rsa(prime(300, chance) * prime(300, chance), index="05"),
        rsa(vulnerable_prime(chance) * vulnerable_prime(chance), index="06"),
        rsa(index="07", expiry="20261120"), rsa(index="08"),
    ]  # fmt: skip
