"""RSA on whole blocks and the pool of keys."""

from __future__ import annotations

import math

import pytest

from tapkern.errors import UsageError
from tapkern.issuer.keys import master_keys, master_names, rsa_key, rsa_names


@pytest.mark.parametrize("name", rsa_names())
def test_signature_recovers(name: str) -> None:
    key = rsa_key(name)
    block = b"\x6a" + bytes(range(1, key.size - 1)) + b"\xbc"
    signature = key.sign(block)
    assert len(signature) == key.size == len(key.modulus)
    assert pow(int.from_bytes(signature, "big"), key.e, key.n).to_bytes(key.size, "big") == block


@pytest.mark.parametrize("name", [n for n in rsa_names() if not n.startswith("vector")])
def test_key_is_as_long_as_its_name_says(name: str) -> None:
    key = rsa_key(name)
    assert key.n.bit_length() == int(name.split("-")[1])
    assert key.e in (3, 65537)
    assert math.gcd(key.e, (key.p - 1) * (key.q - 1)) == 1


def test_pool_has_both_exponents_and_the_needed_lengths() -> None:
    keys = {name: rsa_key(name) for name in rsa_names()}
    assert {key.e for key in keys.values()} == {3, 65537}
    assert {k.size * 8 for n, k in keys.items() if n.startswith("ca")} == {1024, 1152, 1408, 1984}
    assert len({key.n for key in keys.values()}) == len(keys)


@pytest.mark.parametrize("block", [b"", b"\x6a" * 95, b"\x6a" * 97, b"\xff" * 96])
def test_block_of_the_wrong_size_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match="96 bytes"):
        rsa_key("vector-icc").sign(block)


def test_unknown_names_are_named() -> None:
    with pytest.raises(UsageError, match="'nobody'"):
        rsa_key("nobody")
    with pytest.raises(UsageError, match="'nobody'"):
        master_keys("nobody")


def test_repr_shows_no_secret() -> None:
    key = rsa_key("icc-1024")
    assert "icc-1024" in repr(key)
    assert not any(str(part) in repr(key) for part in (key.p, key.q, key.dp, key.dq, key.qinv))
    for name in master_names():
        assert repr(master_keys(name)) == f"MasterKeys(name={name!r})"
