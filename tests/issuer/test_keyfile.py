"""Key files and fresh issuers: what is read is what was made, every mistake is told, no secret."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from tapkern.errors import UsageError
from tapkern.issuer import keyfile, sm2
from tapkern.issuer.keyfile import IssuerKeys
from tapkern.issuer.keys import rsa_key
from tapkern.issuer.make import new_issuer

MADE = new_issuer("my-bank", ca_bits=1024, issuer_bits=1024)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "issuer.toml"
    path.write_text(MADE.to_toml(), encoding="utf-8")
    assert keyfile.load(path) == MADE


@pytest.mark.parametrize("missing", ["rsa", "sm2"])
def test_one_family_is_enough(missing: str) -> None:
    one = dataclasses.replace(MADE, **{missing: None})
    assert keyfile.parse(one.to_toml()) == one
    assert [key.algorithm for key in one.ca_keys()] == ["sm2" if missing == "rsa" else "rsa"]


def test_fresh_keys_are_fresh_and_of_the_length_asked_for() -> None:
    assert MADE.rsa and MADE.sm2
    other = new_issuer("my-bank", ca_bits=1032, issuer_bits=1024)
    assert other.rsa and other.sm2
    assert (other.rsa.ca.n.bit_length(), other.rsa.issuer.n.bit_length()) == (1032, 1024)
    ours, theirs = MADE.rsa, other.rsa
    secrets = [ours.ca.p, ours.issuer.p, theirs.ca.p, theirs.issuer.p]
    secrets += [k.d for f in (MADE.sm2, other.sm2) for k in (f.ca, f.issuer)]
    for family in (MADE.rsa, MADE.sm2, other.rsa, other.sm2):
        master = family.master
        secrets += [int.from_bytes(key, "big") for key in (master.ac, master.mac, master.enc)]
    assert len(set(secrets)) == len(secrets)
    assert (ours.ca_index, MADE.sm2.ca_index) == (0xE5, 0xE6)


def test_small_keys_are_those_of_the_pool() -> None:
    made = new_issuer("small", issuer_bits=896).rsa
    assert made is not None
    assert made.issuer.n == rsa_key("issuer-896").n and made.issuer.name == "small-issuer"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ca_bits": 1016}, "no ca key of 1016 bits"),
        ({"ca_bits": 1992}, "no ca key of 1992 bits"),
        ({"ca_bits": 1030}, "no ca key of 1030 bits"),
        ({"issuer_bits": 512}, "or 896"),
        ({"ca_bits": 1024, "issuer_bits": 1152}, "longer than the CA key"),
        ({"index": 0xE0}, "index E0 or the next"),
        ({"index": 0x04}, "published"),
        ({"index": 0xFF}, "index FF"),
    ],
)
def test_what_cannot_be_made(options: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError) as error:
        new_issuer("bad", **options)
    assert words in str(error.value)


def test_public_records_hold_together() -> None:
    rsa, ecc = MADE.ca_keys()
    assert MADE.rsa and rsa.modulus == MADE.rsa.ca.modulus and rsa.index == 0xE5
    assert sm2.verify(ecc.point, ecc.self_signed, ecc.self_signature)


def changed(pattern: str, replacement: str) -> str:
    text, count = re.subn(pattern, replacement, MADE.to_toml(), count=1, flags=re.M)
    assert count == 1
    return text


@pytest.mark.parametrize(
    ("pattern", "replacement", "words"),
    [
        (r"^format = 1", "format = 2", "format"),
        (r"^format = 1", "format = true", "format must be"),
        (r'^use = "test"', 'use = "live"', "no test keys"),
        (r'^use = "test"\n', "", "use is missing"),
        (r'^name = ".*"', 'name = ""', "name must be"),
        (r'^name = ".*"', 'name = "a b"', "name must be"),
        (r'^p = "', 'p = "1', "this is no key"),
        (r'^p = ".*"', 'p = "0"', "this is no key"),
        (r'^p = ".*"', 'p = "F"', "this is no key"),
        (r'^p = ".*"', 'p = "+F"', "hexadecimal"),
        (r'^p = ".*"', "p = 7", "type str"),
        (r"^e = 65537", "e = 1", "e must be"),
        (r'^index = "E5"', 'index = "1E5"', "index must be 1 bytes"),
        (r'^month = ".*"', 'month = "1349"', "MMYY"),
        (r'^month = ".*"', 'month = "0A49"', "MMYY"),
        (r'^d = ".*"', f'd = "{sm2.N:X}"', "out of range"),
        (r'^ac = "', 'ac = "FF', "ac must be 16 bytes"),
        (r"^\[rsa.master\]", "[rsa.masters]", "master is missing"),
        (r"^\[rsa.ca\]", "[rsa.ca]\nextra = 1", "extra is unknown"),
        (r"^format = 1", "format = 1\n[dsa]", "missing"),
        (r"^format", "format = = 1", "not valid TOML"),
    ],
)
def test_every_mistake_is_told_without_a_key(pattern: str, replacement: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        keyfile.parse(changed(pattern, replacement))
    told = str(error.value)
    assert words in told
    assert not re.search("[0-9A-F]{20}", told)


def test_primes_that_are_none() -> None:
    assert MADE.rsa is not None
    wrong = f'p = "{MADE.rsa.ca.p + 2:X}"'
    with pytest.raises(UsageError, match=r"not prime|no key"):
        keyfile.parse(changed(r'^p = ".*"', wrong))


def test_a_file_without_keys() -> None:
    with pytest.raises(UsageError, match="no keys"):
        keyfile.parse('format = 1\nuse = "test"\nname = "empty"\n')


@pytest.mark.parametrize("content", [None, b"\xff\xfe", "folder"])
def test_what_is_no_file(content: object, tmp_path: Path) -> None:
    path = tmp_path / "issuer.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        keyfile.load(path)


def test_no_secret_in_repr() -> None:
    shown = repr(MADE)
    table = tomllib.loads(MADE.to_toml())
    for family in (table["rsa"], table["sm2"]):
        for entry in family.values():
            for name, value in entry.items():
                if name not in ("index", "month", "e"):
                    assert value not in shown.upper()
                    assert str(int(value, 16)) not in shown
    assert isinstance(MADE, IssuerKeys)
