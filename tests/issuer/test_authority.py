"""CA public keys as a terminal loads them."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib

import pytest

from tapkern.errors import UsageError
from tapkern.issuer import sm2
from tapkern.issuer.authority import (
    INDEXES,
    SM2_INDEXES,
    Sm2TestAuthority,
    TestAuthority,
    ca_key,
    ca_keys,
    ca_toml,
)
from tapkern.issuer.keys import sm2_key


def test_checksums_are_ck002() -> None:
    for key in ca_keys("rsa"):
        content = key.rid + bytes([key.index]) + key.modulus + key.exponent
        assert key.checksum == hashlib.sha1(content).digest()


def test_vector_key_has_the_published_checksum() -> None:
    key = ca_key("vector-ca")
    assert key.index == 0xF1
    assert key.checksum.hex().upper() == "2028CD2534CA185D33D98D7B335CC6B74633B410"


def test_no_index_is_a_published_one() -> None:
    published = {0x01, 0x02, 0x03, 0x04, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x80, 0x83, 0x84, 0x85}
    published |= {0x18, 0x57, 0x58}  # SM2
    indexes = [key.index for key in ca_keys()]
    assert not published & set(indexes)
    assert len(set(indexes)) == len(indexes)


def test_toml_says_the_same() -> None:
    entries = tomllib.loads(ca_toml())["ca_key"]
    assert len(entries) == len(ca_keys())
    for entry, key in zip(entries, ca_keys(), strict=True):
        assert bytes.fromhex(entry["rid"]) == key.rid == bytes.fromhex("A000000333")
        assert int(entry["index"], 16) == key.index
    for entry, key in zip(entries, ca_keys("rsa"), strict=False):
        assert entry.keys() == {"rid", "index", "modulus", "exponent", "checksum"}
        assert bytes.fromhex(entry["modulus"]) == key.modulus
        assert bytes.fromhex(entry["exponent"]) == key.exponent
        assert bytes.fromhex(entry["checksum"]) == key.checksum
    for entry, key in zip(entries[len(INDEXES) :], ca_keys("sm2"), strict=True):
        assert entry == {
            "rid": "A000000333",
            "index": f"{key.index:02X}",
            "algorithm": "sm2",
            "point": key.point.hex().upper(),
            "service": "01010000",
            "month": key.month.hex(),
            "self_signature": key.self_signature.hex().upper(),
        }


def test_toml_of_an_sm2_key_without_a_self_signature() -> None:
    key = dataclasses.replace(ca_key("ca-sm2"), self_signature=b"", service=b"", month=b"")
    (entry,) = tomllib.loads(key.to_toml())["ca_key"]
    assert entry.keys() == {"rid", "index", "algorithm", "point"}


def test_keys_of_one_algorithm() -> None:
    assert [key.index for key in ca_keys("rsa")] == list(INDEXES.values())
    assert [key.index for key in ca_keys("sm2")] == list(SM2_INDEXES.values())
    assert ca_keys() == ca_keys("rsa") + ca_keys("sm2")
    assert "sm2" not in ca_toml(ca_keys("rsa"))


@pytest.mark.parametrize("name", SM2_INDEXES)
def test_sm2_keys_sign_themselves(name: str) -> None:
    key = ca_key(name)
    message = bytes.fromhex(f"3101010000A000000333{key.index:02X}{key.month.hex()}041140")
    assert key.self_signed == message + key.point and len(key.self_signed) == 80
    assert sm2.verify(key.point, key.self_signed, key.self_signature)
    for change in (
        {"index": key.index ^ 1},
        {"service": b"\x01\x01\x00\x01"},
        {"month": b"\x12\x48"},
        {"rid": b"\xa0\x00\x00\x06\x32"},
        {"point": sm2_key("icc-sm2").point},
    ):
        other = dataclasses.replace(key, **change)
        assert not sm2.verify(key.point, other.self_signed, key.self_signature)


def test_authority_knows_its_name() -> None:
    authority = TestAuthority("ca-1984")
    assert authority.name == "ca-1984"
    assert authority.public == ca_key("ca-1984")
    sm2_authority = Sm2TestAuthority("vector-ca-sm2")
    assert sm2_authority.name == "vector-ca-sm2"
    assert sm2_authority.public == ca_key("vector-ca-sm2")
    certificate = sm2_authority.certify(
        sm2_key("issuer-sm2"), "620000", bytes.fromhex("1249"), bytes.fromhex("000001")
    )
    assert sm2.verify(sm2_authority.public.point, certificate[:78], certificate[78:])


def test_unknown_authority_is_refused() -> None:
    with pytest.raises(UsageError, match="icc-1024"):
        TestAuthority("icc-1024")
    with pytest.raises(UsageError, match="icc-sm2"):
        Sm2TestAuthority("icc-sm2")
    with pytest.raises(UsageError, match="no RSA key is called 'ca-sm2'"):
        TestAuthority("ca-sm2")
    with pytest.raises(UsageError, match="no SM2 key is called 'ca-1152'"):
        Sm2TestAuthority("ca-1152")
