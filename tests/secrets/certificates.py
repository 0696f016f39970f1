"""What somebody with the public keys reads in certificates: the card number.

An attacker's view: a key of the CA, which is published, opens tag 90; the issuer key in it opens
9F46, and its text holds the PAN. SM2 certificates hold it as it is and need no opening. Written
for the tests, from the layouts alone: it verifies nothing, since a wrong hash hides no number.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXPONENTS = (3, 65537)
_TAGGED = re.compile(r"9F46(?:81([4-9A-F][0-9A-F])|([4-7][0-9A-F]))(?=[0-9A-F]{128})", re.I)
_ISSUER_TAGGED = re.compile(r"90(?:81([4-9A-F][0-9A-F])|([4-7][0-9A-F]))(?=[0-9A-F]{128})", re.I)
_REMAINDER = re.compile(r"92(?:81[0-9A-F]{2}|[0-7][0-9A-F])(?=[0-9A-F])", re.I)
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){64,248}(?![0-9A-Fa-f])")
_PAN = re.compile(r"[1-9][0-9]{7,18}(?=F*$)")


@cache
def known_moduli() -> frozenset[int]:
    """The moduli of every key of the repository: CA keys, the pool, the keys of the oracle."""
    found: set[int] = set()
    pool = tomllib.loads((ROOT / "src/tapkern/issuer/keys/pool.toml").read_text("utf-8"))
    found |= {int(key["p"], 16) * int(key["q"], 16) for key in pool["rsa"].values()}
    with (ROOT / "src/tapkern/params/capk/unionpay.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        found |= {int(row["modulus"], 16) for row in rows}
    capk = tomllib.loads((ROOT / "src/tapkern/params/capk/test.toml").read_text("utf-8"))
    found |= {int(key["modulus"], 16) for key in capk["ca_key"]}
    oracle = json.loads((ROOT / "tests/oracle/keys.json").read_text("utf-8"))
    return frozenset(found | set(_moduli(oracle)))


def _moduli(value: Any) -> Iterator[int]:
    """Moduli in a document: members `primes`, `modulus` and `n`."""
    if isinstance(value, list):
        for item in value:
            yield from _moduli(item)
    elif isinstance(value, dict):
        primes = value.get("primes")
        if isinstance(primes, list):
            product = 1
            for prime in primes:
                product *= prime if isinstance(prime, int) else int(prime, 16)
            yield product
        for name, item in value.items():
            if name in ("modulus", "n") and isinstance(item, str):
                yield int(item, 16)
            else:
                yield from _moduli(item)


class Opener:
    """Opens certificates with the keys that it knows, and with those that it finds on the way."""

    def __init__(self, moduli: Iterable[int] = ()) -> None:
        self._by_size: dict[int, set[int]] = {}
        self._done: dict[str, str | None] = {}
        self._issuers: set[str] = set()
        for modulus in (*known_moduli(), *moduli):
            self.learn(modulus)

    def learn(self, modulus: int) -> None:
        """One more key."""
        self._by_size.setdefault((modulus.bit_length() + 7) // 8, set()).add(modulus)

    def _opened(self, value: str, head: bytes) -> Iterator[bytes]:
        """The texts that the known keys of the right length give."""
        number, size = int(value, 16), len(value) // 2
        moduli = tuple(self._by_size.get(size, ()))
        for exponent in EXPONENTS:
            for modulus in moduli:
                text = pow(number, exponent, modulus).to_bytes(size, "big")
                if text.startswith(head):
                    yield text

    def pan(self, certificate: str) -> str | None:
        """The card number in a certificate of a card, as hexadecimal; None when none is read."""
        key = certificate.upper()
        if key not in self._done:
            self._done[key] = None
            for text in self._opened(key, b"\x6a\x04"):
                found = _PAN.match(text[2:12].hex().upper())
                if found is not None:
                    self._done[key] = found[0]
                    break
        return self._done[key]

    def learn_issuers(self, text: str) -> None:
        """The issuer keys in the certificates of a text: their rest stands in a 92 of it."""
        rests = None
        for value in _values(_ISSUER_TAGGED, text):
            if value in self._issuers:
                continue
            self._issuers.add(value)
            for opened in self._opened(value, b"\x6a\x02"):
                size, part = opened[13], opened[15:-21]
                if rests is None:
                    rests = {rest for rest in _values(_REMAINDER, text) if rest}
                wanted = 2 * (size - len(part))
                if wanted <= 0:
                    self.learn(int.from_bytes(part[:size], "big"))
                for rest in rests:
                    if len(rest) == wanted:
                        self.learn(int.from_bytes(part + bytes.fromhex(rest), "big"))

    def find(self, text: str) -> Iterator[tuple[str, int]]:
        """Card numbers that the certificates of a text give, and where these stand."""
        for match in _TAGGED.finditer(text):
            size = int(match[1] or match[2], 16)
            value = text[match.end() : match.end() + 2 * size]
            if len(value) == 2 * size and re.fullmatch("[0-9A-Fa-f]+", value):
                number = self.pan(value)
                if number is not None:
                    yield number, match.start()
        for match in _HEX.finditer(text):
            number = self.pan(match[0])
            if number is not None:
                yield number, match.start()


def _values(tag: re.Pattern[str], text: str) -> Iterator[str]:
    """The values of a tag, whole ones."""
    for match in tag.finditer(text):
        header = match[0][2:]
        size = int(header[2:] if header.startswith("81") else header, 16)
        value = text[match.end() : match.end() + 2 * size]
        if len(value) == 2 * size and re.fullmatch("[0-9A-Fa-f]*", value):
            yield value
